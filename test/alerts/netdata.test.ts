import { describe, it } from 'vitest'
import { netdata } from '../../src/alerts/netdata'
import { alertOf, plain, read } from '../support/normalised'

const [reachability, nested] = netdata.otherExamples ?? []
const flat: object = Object(netdata.example)
const at = Date.parse('2026-01-01T10:03:11Z')
const url = 'https://app.netdata.cloud/spaces/acme/alerts/4711'

const disk = {
  ...plain,
  source: 'netdata',
  sourceType: 'netdata',
  dedupKey: 'acme|web-03|disk_space_usage|disk_space._var',
  state: 'firing',
  title: 'disk_space_usage',
  service: 'web-03',
  host: 'web-03',
  startsAt: at,
  firedAt: at,
  eventTime: at,
  sourceUrl: url,
  sourceAlertId: 'disk_space_usage',
} as const
const diskFacts = {
  alertUrl: url,
  chart: 'disk_space._var',
  context: 'disk.space',
  duration: '5m12s',
  space: 'acme',
}

describe('Netdata', () => {
  it('as a flat alert becomes this one', async ({ expect }) => {
    expect(await read(netdata, netdata.example)).toEqual({
      alerts: [
        {
          ...disk,
          severity: 'critical',
          severityRaw: 'critical',
          description: 'web-03 disk space utilization on /var is critical',
          metadata: {
            ...diskFacts,
            room: 'production',
            additionalCriticalAlerts: 1,
            additionalWarningAlerts: 3,
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('in the nested form becomes the same alert', async ({ expect }) => {
    expect(await read(netdata, nested)).toEqual({
      alerts: [
        {
          ...disk,
          severity: 'medium',
          severityRaw: 'WARNING',
          description: 'Total space utilization of disk /var',
          metadata: { ...diskFacts, value: '91.2%' },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('as a note about reachability becomes this one', async ({ expect }) => {
    const nodeUrl = 'https://app.netdata.cloud/spaces/acme/nodes/n-7'
    expect(await read(netdata, reachability)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'netdata',
          sourceType: 'netdata',
          dedupKey: '|web-03|reachability|',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'web-03 is unreachable',
          description: 'web-03 is unreachable',
          service: 'web-03',
          host: 'web-03',
          sourceUrl: nodeUrl,
          metadata: { alertUrl: nodeUrl },
          sourceAlertId: 'reachability',
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('recovers by severity, status or reachability, under the same identity', async ({ expect }) => {
    const cleared = await alertOf(netdata, { ...flat, severity: 'clear' })
    expect(cleared).toMatchObject({ state: 'resolved', dedupKey: disk.dedupKey, endsAt: at })
    for (const status of ['CLEAR', 'REMOVED', 'clear']) {
      const body = { ...Object(nested), alert: { ...Object(nested).alert, state: { status } } }
      expect(await alertOf(netdata, body)).toMatchObject({ state: 'resolved', dedupKey: disk.dedupKey })
    }
    const back = await alertOf(netdata, { ...Object(reachability), status: { reachable: true } })
    expect(back).toMatchObject({ state: 'resolved', dedupKey: '|web-03|reachability|' })
  })

  it('takes a host from its message only when the first word looks like one', async ({ expect }) => {
    const hostIn = async (message: string) => (await alertOf(netdata, { alert: 'a', message })).host
    expect(await hostIn('db.eu-1.example.com is slow')).toBe('db.eu-1.example.com')
    expect(await hostIn('10.0.0.7 is slow')).toBe('10.0.0.7')
    for (const message of ['Disk is full', '(web-03) is slow', '-- x', ''])
      expect([message, await hostIn(message)]).toEqual([message, null])
  })

  it('prefers a service that it names to the host', async ({ expect }) => {
    const alert = await alertOf(netdata, { ...flat, labels: { service: 'checkout-api', env: 'prod' } })
    expect(alert).toMatchObject({ service: 'checkout-api', environment: 'production', host: 'web-03' })
  })

  it("opens nothing for the vendor's test", async ({ expect }) => {
    for (const body of [
      { token: 'abc', message: 'x' },
      { title: 'Test Notification' },
      { ...flat, alert: 'Test Notification' },
    ])
      expect(await alertOf(netdata, body)).toMatchObject({ state: 'info', test: true })
    expect(netdata.verificationToken?.({ token: 'abc' })).toBe('abc')
    expect(netdata.verificationToken?.(netdata.example)).toBeNull()
  })

  it('cannot identify an alert that names nothing', async ({ expect }) => {
    expect((await read(netdata, {})).errors).toEqual([{ index: 0, message: 'Missing dedupKey' }])
  })
})
