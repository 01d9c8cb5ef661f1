import { describe, it } from 'vitest'
import { analyse, type Analysis } from '../../src/agent/analyst/analyse'
import type { EvidenceItem } from '../../src/agent/evidence'
import type { ChangeFacts } from '../../src/agent/facts'
import { alert, at, change, contextOf, observed, steps } from './fakes'

/** Series of one service as evidence. */
const measured = (number: number, service: string, ...series: readonly unknown[]): EvidenceItem =>
  observed(number, 'prometheus_service_metrics', { shape: 'series', service, series })

const partsOf = ({ candidates }: Analysis, service: string) =>
  candidates.find((candidate) => candidate.service === service)?.components

/** checkout-api calls orders-db, and both get more requests than before. */
async function load(over: {
  readonly failing: number
  readonly received: number
  readonly changes?: readonly ChangeFacts[]
}): Promise<Analysis> {
  return analyse([
    ...(await contextOf({
      alerts: [alert(1), alert(2, { service: 'orders-db', startsAt: at(30) })],
      edges: [{ from: 'checkout-api', to: 'orders-db' }],
      changes: over.changes ?? [],
    })),
    measured(8, 'checkout-api', steps('cpu', 1, 9, -200), steps('request_rate', 100, 900, over.received)),
    measured(
      9,
      'orders-db',
      steps('latency_p95', 0.1, 2, over.failing),
      steps('request_rate', 100, 900, over.received),
    ),
  ])
}

describe('trouble spreads', () => {
  it('down the call graph where more requests came first and the caller is unwell', async ({ expect }) => {
    const analysis = await load({ received: -180, failing: -60 })
    expect(partsOf(analysis, 'checkout-api')?.G).toBe(1)
    expect(partsOf(analysis, 'orders-db')?.G).toBe(0)
    expect(analysis.rootCauseService).toBe('checkout-api')
    expect(analysis.findings.claims.map(({ text }) => text)).toContain(
      'The requests of checkout-api went up before the trouble of orders-db, which it calls, at 09:59:30 UTC.',
    )
  })

  it('up the call graph where the requests came with the trouble, or after it', async ({ expect }) => {
    for (const received of [-60, 0]) {
      const analysis = await load({ received, failing: -60 })
      expect(partsOf(analysis, 'checkout-api')?.G).toBe(0)
      expect(partsOf(analysis, 'orders-db')?.G).toBe(1)
    }
  })

  it('to the neighbours on a host, from the one that took more of it first', async ({ expect }) => {
    const evidence = [
      ...(await contextOf({
        alerts: [
          alert(1, { host: 'node-7' }),
          alert(2, { service: 'nightly-export', host: 'NODE-7', startsAt: at(60) }),
        ],
        edges: [{ from: 'web', to: 'checkout-api' }],
      })),
      measured(8, 'checkout-api', steps('latency_p95', 0.1, 2, -30)),
      measured(9, 'nightly-export', steps('cpu', 0.1, 8, -240)),
    ]
    const analysis = analyse(evidence)
    expect(analysis).toMatchObject({ mechanism: 'noisy_neighbour', rootCauseService: 'nightly-export' })
    expect(analysis.findings.claims.map(({ text }) => text)).toContain(
      'checkout-api runs on a host of nightly-export, which took more of it before it showed a sign.',
    )
  })
})

describe('a called service', () => {
  /** checkout-api, which calls orders-db, answers a second later than usual, orders-db by `later` seconds. */
  const slowed = async (later: number, ...more: readonly EvidenceItem[]) => {
    const { candidates } = analyse([
      ...(await contextOf({ edges: [{ from: 'checkout-api', to: 'orders-db' }] })),
      measured(8, 'checkout-api', steps('latency_p95', 0.1, 1.1, -60)),
      measured(9, 'orders-db', steps('latency_p95', 0.004, 0.004 + later, -60)),
      ...more,
    ])
    return candidates[0]?.service
  }

  it('is to blame where it adds a tenth of what its caller does', async ({ expect }) => {
    expect(await slowed(0.11)).toBe('orders-db')
    expect(await slowed(0.09)).toBe('checkout-api')
  })

  it('is to blame for less where it shows what requests do not bring along', async ({ expect }) => {
    const shows = async (profile: string, usual: number, after: number) =>
      slowed(0.03, measured(10, 'orders-db', steps(profile, usual, after, -60)))
    expect(await shows('error_ratio', 0, 0.2)).toBe('orders-db')
    expect(await shows('backlog', 5, 90)).toBe('orders-db')
    expect(await shows('saturation', 0.3, 1)).toBe('orders-db')
    expect(await shows('restarts', 0, 3)).toBe('checkout-api')
    expect(await shows('cpu', 0.2, 0.8)).toBe('checkout-api')
    const logs = (incident: number) =>
      observed(11, 'loki_service_logs', {
        shape: 'logs',
        service: 'orders-db',
        templates: [{ id: '1', template: 'ERROR lock wait timeout on orders', incident, baseline: 2 }],
      })
    expect(await slowed(0.03, logs(90))).toBe('orders-db')
    expect(await slowed(0.03, logs(2))).toBe('checkout-api')
  })

  it('is doubted where its caller was unwell before, and by more than it can account for', async ({
    expect,
  }) => {
    const analysis = analyse([
      ...(await contextOf({
        alerts: [alert(1, { service: 'orders-db' })],
        edges: [{ from: 'checkout-api', to: 'orders-db' }],
        changes: [change(1, { service: 'orders-db', result: 'FAILURE', finishedAt: at(-120) })],
      })),
      measured(8, 'checkout-api', steps('latency_p95', 0.1, 1.1, -400)),
      measured(9, 'orders-db', steps('latency_p95', 0.004, 0.05, -60)),
    ])
    expect(analysis.candidates[0]?.service).toBe('orders-db')
    expect(analysis.contradictions).toEqual([
      'checkout-api, which orders-db cannot have hurt, showed a sign more than 2 minutes earlier',
    ])
  })

  it('suffers where its consumer left the work lying first, and nowhere else', async ({ expect }) => {
    const left = async (stopped: number, ...more: readonly unknown[]) =>
      analyse([
        ...(await contextOf({
          alerts: [alert(1, { service: 'queue' }), alert(2, { service: 'worker', startsAt: at(60) })],
          edges: [{ from: 'worker', to: 'queue' }],
        })),
        measured(8, 'worker', steps('request_rate', 20, 0, stopped)),
        measured(9, 'queue', steps('backlog', 100, 9000, 120), ...more),
      ])
    const found = await left(-300)
    expect(found.candidates[0]?.service).toBe('worker')
    expect(partsOf(found, 'queue')?.G).toBe(0)
    expect(partsOf(await left(60), 'queue')?.G).toBe(1)
    expect(partsOf(await left(-300, steps('error_ratio', 0, 0.5, 0)), 'queue')?.G).toBe(1)
  })
})

describe('what was over', () => {
  /** orders-db fails from `from` to `until`, checkout-api from 300 s before the first alert on; `known` is read so far. */
  const blip = async (from: number, until: number, known = 900) => {
    const failing = {
      name: 'errors',
      profile: 'error_ratio',
      start: at(-3600),
      stepSeconds: 30,
      values: Array.from({ length: (known + 3600) / 30 + 1 }, (_, index) => {
        const seconds = -3600 + index * 30
        return seconds >= from && seconds <= until ? 0.9 : 0
      }),
    }
    return analyse([
      ...(await contextOf({ edges: [{ from: 'checkout-api', to: 'orders-db' }] })),
      measured(8, 'checkout-api', steps('error_ratio', 0.01, 0.3, -300)),
      measured(9, 'orders-db', failing),
    ])
  }

  it('may have set off the trouble that lasts', async ({ expect }) => {
    expect(partsOf(await blip(-480, -420), 'orders-db')).toMatchObject({ A: 1, M: 1, G: 1 })
  })

  it('has nothing to do with trouble that began later', async ({ expect }) => {
    expect(partsOf(await blip(-600, -450), 'orders-db')).toMatchObject({ A: null, M: 0 })
  })

  it('is nothing that the newest points show, however late they come', async ({ expect }) => {
    expect(partsOf(await blip(-600, -450, -450), 'orders-db')).toMatchObject({ A: 1, M: 1, G: 1 })
  })
})

describe('what a service uses', () => {
  it('is no trouble while its users are answered as usual', async ({ expect }) => {
    const parts = async (...told: readonly unknown[]) =>
      partsOf(
        analyse([
          ...(await contextOf({ edges: [{ from: 'checkout-api', to: 'stock' }] })),
          measured(8, 'stock', steps('cpu', 1, 9, -120), ...told),
        ]),
        'stock',
      )
    expect(await parts()).toMatchObject({ A: 1, M: 1 })
    expect(await parts(steps('latency_p95', 0.1, 2, -120))).toMatchObject({ A: 1, M: 1 })
    expect(await parts(steps('latency_p95', 0.1, 0.1, -120))).toMatchObject({ A: null, M: 0 })
  })

  it('says nothing of its health when it is quiet', async ({ expect }) => {
    const quiet = async (profile: string) =>
      partsOf(
        analyse([...(await contextOf({})), measured(8, 'checkout-api', steps(profile, 1, 1, 0))]),
        'checkout-api',
      )?.M
    expect([await quiet('cpu'), await quiet('latency_p95')]).toEqual([null, 0])
  })
})

describe('a change to a dependency', () => {
  it('counts a quarter when the dependency is measured and well', async ({ expect }) => {
    const world = {
      edges: [{ from: 'checkout-api', to: 'stock' }],
      changes: [change(1, { service: 'stock', finishedAt: at(-240) })],
    }
    const well = measured(8, 'stock', steps('error_ratio', 0.01, 0.01, 0))
    const unknown = partsOf(analyse(await contextOf(world)), 'checkout-api')?.C ?? 0
    const known = partsOf(analyse([...(await contextOf(world)), well]), 'checkout-api')?.C ?? 0
    expect(unknown).toBeCloseTo(0.614, 4)
    expect(known).toBeCloseTo(0.1535, 4)
  })

  it('is a configuration change when it is a flag', async ({ expect }) => {
    const analysis = analyse(await contextOf({ changes: [change(1, { kind: 'flag', result: null })] }))
    expect(analysis).toMatchObject({ mechanism: 'config_change', rootCauseService: 'checkout-api' })
    expect(analysis.suggestions[0]?.title).toBe('Undo deploy/checkout-api 1042 on checkout-api')
  })
})

describe('a cause', () => {
  it('is doubted when half of the alerting services have nothing to do with it', async ({ expect }) => {
    const alerts = [alert(1), alert(2, { service: 'wiki', startsAt: at(300) })]
    const doubted = async (edges: { readonly from: string; readonly to: string }[]) =>
      analyse(await contextOf({ alerts, edges, changes: [change(1)] }))
    expect(await doubted([{ from: 'wiki', to: 'checkout-api' }])).toMatchObject({ verdict: 'confirmed' })
    expect(await doubted([{ from: 'wiki', to: 'sso' }])).toMatchObject({
      verdict: 'inconclusive',
      contradictions: ['wiki is not known to depend on checkout-api'],
    })
  })
})
