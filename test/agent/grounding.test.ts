import { describe, it } from 'vitest'
import { readSaid, unfounded } from '../../src/agent/grounding'

const SAID = readSaid(
  `prometheus_query_range query=sum(rate(http_requests_total{service="checkout-api"}[5m]))
  {"first":"2026-01-01T10:02:30.000Z","last":"2026-01-01T10:07:00.000Z","ratio":0.8432,"p95":2.519,"bytes":3221225472,"lagseconds":240,"total":12,
  "pod":"checkout-api-7d9f4","build":"1042","at":"2026-01-01t10:04:00.000z"}`.toLowerCase(),
)

describe('what a model states about evidence', () => {
  it.for([
    'The ratio was 0.84, that is 84 %, and 84.3%.',
    'It rose at 10:02 and ended at 10:07:00.',
    'It took 240 s, that is 4 minutes; from first to last 4.5 minutes or 270 seconds.',
    'Pod checkout-api-7d9f4 of build 1042 used 3 GiB; p95 went to 2.5 s.',
    'Three of 12 alerts; 2 services; one of 9 hosts; HTTP 5xx over 5m.',
    'At 2026-01-01T10:04:00.000Z it fired.',
    'The 1st alert and the 95th percentile over IPv4 in UTF-8.',
    'No figures at all, only checkout-api.',
  ])('stands: %s', (text, { expect }) => {
    expect(unfounded(text, SAID)).toBeNull()
  })

  it.for([
    ['Errors rose to 91 %.', '91 %'],
    ['The ratio was 0.85.', '0.85'],
    ['It fired at 10:09.', '10:09'],
    ['It took 19 minutes.', '19 minutes'],
    ['Pod checkout-api-1a2b3 restarted.', 'checkout-api-1a2b3'],
    ['Build 1043 did it.', '1043'],
    ['There were 13 alerts.', '13'],
    ['5 % of requests failed.', '5 %'],
    ['Since 2026-01-02T10:04:00.000Z it is slow.', '2026-01-02T10:04:00.000Z'],
  ] as const)('does not stand: %s', ([text, stray], { expect }) => {
    expect(unfounded(text, SAID)).toBe(stray)
  })
})
