import { describe, it } from 'vitest'
import { alertmanager } from '../../src/alerts/alertmanager'
import { generic } from '../../src/alerts/generic'
import { grafana } from '../../src/alerts/grafana'
import { normalise } from '../../src/alerts/normalise'
import { settingsFor } from '../../src/alerts/settings'
import type { AlertSource } from '../../src/alerts/source'

const receivedAt = Date.parse('2026-01-01T10:04:45.310Z')

const read = (source: AlertSource, body: unknown, settings: Record<string, unknown> = {}) =>
  normalise(source, { body, headers: new Headers(), settings: settingsFor(source, settings), receivedAt })

const steering = { forceState: false, reopening: false, onlyIfOpen: false, expiresAt: null, test: false }

describe('the documented examples', () => {
  it('of Grafana become this alert', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:02:30Z')
    const labels = {
      alertname: 'HighErrorRate',
      env: 'production',
      service: 'checkout-api',
      severity: 'critical',
      cluster: 'eu-1',
    }
    expect(await read(grafana, grafana.example)).toEqual({
      alerts: [
        {
          source: 'grafana',
          sourceType: 'grafana',
          kind: 'alert',
          dedupKey: 'b3c1a9f0d2e4c6a8',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'HighErrorRate',
          description: 'checkout-api 5xx ratio is 8.4%',
          service: 'checkout-api',
          environment: 'production',
          host: null,
          startsAt,
          endsAt: null,
          eventTime: startsAt,
          sourceUrl: 'https://grafana.example.com/alerting/grafana/ae3kq/view?orgId=1',
          dashboardUrl: 'https://grafana.example.com/d/chk?orgId=1',
          runbookUrl: 'https://runbooks.example.com/checkout-5xx',
          labels,
          metadata: {
            alertUrl: 'https://grafana.example.com/alerting/grafana/ae3kq/view?orgId=1',
            dashboardUrl: 'https://grafana.example.com/d/chk?orgId=1',
            panelUrl: 'https://grafana.example.com/d/chk?orgId=1&viewPanel=4',
            labels,
            summary: '5xx ratio above 5% for 10m',
            description: 'checkout-api 5xx ratio is 8.4%',
            runbookUrl: 'https://runbooks.example.com/checkout-5xx',
            values: { A: 0.084, C: 1 },
            silenceUrl:
              'https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DHighErrorRate',
            fingerprint: 'b3c1a9f0d2e4c6a8',
            ruleUID: 'ae3kq',
          },
          sourceAlertId: 'ae3kq',
          seq: 0,
          firedAt: startsAt,
          ...steering,
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('of Alertmanager become this alert', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:04:00Z')
    const generatorURL =
      'https://prometheus.example.com/graph?g0.expr=increase(kube_pod_container_status_restarts_total%5B10m%5D)+%3E+5&g0.tab=1'
    const labels = {
      alertname: 'KubePodCrashLooping',
      namespace: 'payments',
      severity: 'warning',
      pod: 'ledger-7c9d',
      container: 'ledger',
    }
    expect(await read(alertmanager, alertmanager.example)).toEqual({
      alerts: [
        {
          source: 'alertmanager',
          sourceType: 'alertmanager',
          kind: 'alert',
          dedupKey: '88b86ee52d73e9ca',
          state: 'firing',
          severity: 'medium',
          severityRaw: 'warning',
          title: 'KubePodCrashLooping',
          description: 'Pod payments/ledger-7c9d restarted 6 times in 10m',
          service: 'ledger',
          environment: null,
          host: 'ledger-7c9d',
          startsAt,
          endsAt: null,
          eventTime: startsAt,
          sourceUrl: generatorURL,
          dashboardUrl: null,
          runbookUrl: 'https://runbooks.example.com/crashloop',
          labels,
          metadata: {
            alertUrl: generatorURL,
            labels,
            description: 'Pod payments/ledger-7c9d restarted 6 times in 10m',
            runbookUrl: 'https://runbooks.example.com/crashloop',
            fingerprint: '88b86ee52d73e9ca',
            query: 'increase(kube_pod_container_status_restarts_total[10m]) > 5',
          },
          sourceAlertId: '88b86ee52d73e9ca',
          seq: 0,
          firedAt: startsAt,
          ...steering,
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('of the generic source become this alert', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:02:41Z')
    expect(await read(generic, generic.example)).toEqual({
      alerts: [
        {
          source: 'generic',
          sourceType: 'generic',
          kind: 'alert',
          dedupKey: 'checkout-api/5xx/eu-1',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'checkout-api returns 503 for 8% of requests',
          description: null,
          service: 'checkout-api',
          environment: 'production',
          host: null,
          startsAt,
          endsAt: null,
          eventTime: receivedAt,
          sourceUrl: 'https://probe.example.com/run/77',
          dashboardUrl: null,
          runbookUrl: null,
          labels: { region: 'eu-1', ratio: '0.084' },
          metadata: {},
          sourceAlertId: 'checkout-api/5xx/eu-1',
          seq: 0,
          firedAt: startsAt,
          ...steering,
        },
      ],
      changes: [],
      errors: [],
    })
  })
})

describe('a group of alerts', () => {
  const group = (alert: object, envelope: object = {}) => ({ alerts: [alert], ...envelope })
  const one = async (alert: object, envelope: object = {}) =>
    (await read(grafana, group(alert, envelope))).alerts[0]

  it('overlays common labels with those of the alert', async ({ expect }) => {
    const alert = await one(
      { labels: { severity: 'error' } },
      { commonLabels: { severity: 'info', app: 'shop' } },
    )
    expect(alert).toMatchObject({ severity: 'high', service: 'shop' })
  })

  it('takes a missing state from the envelope, and fires without any', async ({ expect }) => {
    expect((await one({}, { status: 'resolved' }))?.state).toBe('resolved')
    expect((await one({ status: 'firing' }, { status: 'resolved' }))?.state).toBe('firing')
    expect((await one({}, { state: 'ok' }))?.state).toBe('firing')
  })

  it('dates a resolution by its end, and by its receipt when there is none', async ({ expect }) => {
    const times = { startsAt: '2026-01-01T10:00:00Z', endsAt: '2026-01-01T10:03:00Z' }
    expect((await one({ status: 'resolved', ...times }))?.eventTime).toBe(Date.parse(times.endsAt))
    expect((await one({ status: 'resolved' }))?.eventTime).toBe(receivedAt)
  })

  it('keeps the start as sent beside the believed one', async ({ expect }) => {
    const alert = await one({ startsAt: '2025-01-01T00:00:00Z' })
    expect(alert?.firedAt).toBe(Date.parse('2025-01-01T00:00:00Z'))
    expect(alert?.startsAt).toBe(receivedAt - 7 * 86_400_000)
  })

  it('computes a missing fingerprint without the labels to drop', async ({ expect }) => {
    const labels = { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' }
    expect((await one({ labels }))?.dedupKey).toBe('ff774b3b5a5e3c3e')
    const dropped = await read(grafana, group({ labels: { ...labels, pod: 'a' } }), { dropLabels: ['pod'] })
    expect(dropped.alerts[0]?.dedupKey).toBe('ff774b3b5a5e3c3e')
  })

  it('turns the test button into info and marks missing data', async ({ expect }) => {
    const test = await one({ labels: { alertname: 'TestAlert', instance: 'Grafana' } })
    expect(test).toMatchObject({ state: 'info', test: true })
    const noData = await one({ labels: { alertname: 'DatasourceNoData' } })
    expect(noData?.labels['aurora_nodata']).toBe('true')
  })

  it('names the number of alerts that the vendor left out', async ({ expect }) => {
    expect((await one({}, { truncatedAlerts: 3 }))?.metadata['truncatedAlerts']).toBe(3)
  })

  it('never lets one bad alert block the others', async ({ expect }) => {
    const result = await read(grafana, { alerts: ['nonsense', { labels: { alertname: 'A' } }, null] })
    expect(result.alerts.map(({ title, seq }) => [title, seq])).toEqual([['A', 1]])
    expect(result.errors).toEqual([
      { index: 0, message: 'alert is not an object' },
      { index: 2, message: 'alert is not an object' },
    ])
  })

  it('may be empty', async ({ expect }) => {
    expect(await read(grafana, { alerts: [] })).toEqual({ alerts: [], changes: [], errors: [] })
  })

  it('always has a title', async ({ expect }) => {
    expect((await one({}))?.title).toBe('Grafana alert')
    expect((await one({}, { title: '[FIRING:1] x' }))?.title).toBe('[FIRING:1] x')
  })
})
