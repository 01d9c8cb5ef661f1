/** What the sources behind the emulated APIs make of the documented requests. */
import { describe, it } from 'vitest'
import { alertmanagerApi } from '../../src/alerts/alertmanager-api'
import { oncall } from '../../src/alerts/oncall'
import { opsgenieApi } from '../../src/alerts/opsgenie-api'
import { normalise } from '../../src/alerts/normalise'
import { pagerdutyEvents } from '../../src/alerts/pagerduty-events'
import { settingsFor } from '../../src/alerts/settings'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const at = (text: string) => Date.parse(`2026-01-01T${text}Z`)
const deliveryId = '0199f2a5-1b2c-7d4e-8f60-718293a4b5c6'

describe('an event of PagerDuty', () => {
  const example = Object(pagerdutyEvents.example)

  it('becomes this alert', async ({ expect }) => {
    expect(await read(pagerdutyEvents, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'pagerduty_events',
          sourceType: 'pagerduty_events',
          dedupKey: 'checkout-api/5xx/eu-1',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'checkout-api returns 503 for 8% of requests',
          service: 'checkout-api',
          environment: 'production',
          host: 'probe-eu-1',
          startsAt: at('10:02:41'),
          firedAt: at('10:02:41'),
          sourceUrl: 'https://probe.example.com/run/77',
          runbookUrl: 'https://runbooks.example.com/checkout-5xx',
          labels: {
            component: 'checkout-api',
            group: 'eu-1',
            class: 'http_5xx',
            client: 'nightly-probe',
            ratio: '0.084',
            env: 'production',
          },
          sourceAlertId: 'checkout-api/5xx/eu-1',
          metadata: {
            component: 'checkout-api',
            group: 'eu-1',
            class: 'http_5xx',
            client: 'nightly-probe',
            clientUrl: 'https://probe.example.com/run/77',
            customDetails: { ratio: 0.084, env: 'production' },
            links: [{ href: 'https://runbooks.example.com/checkout-5xx', text: 'Runbook' }],
            images: [],
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('reads its severities and states', async ({ expect }) => {
    const severity = async (word: string) =>
      (await alertOf(pagerdutyEvents, { ...example, payload: { ...example.payload, severity: word } }))
        .severity
    const words = ['critical', 'error', 'warning', 'info']
    expect(await Promise.all(words.map(severity))).toEqual(['critical', 'high', 'medium', 'low'])
    const state = async (event_action: string) =>
      (await alertOf(pagerdutyEvents, { ...example, event_action })).state
    const actions = ['trigger', 'acknowledge', 'resolve']
    expect(await Promise.all(actions.map(state))).toEqual(['firing', 'acknowledged', 'resolved'])
  })

  it('names the service by detail, component and group, and links to the first link at last', async ({
    expect,
  }) => {
    const alert = (payload: object, more: object = {}) =>
      alertOf(pagerdutyEvents, { ...example, ...more, payload: { ...example.payload, ...payload } })
    expect((await alert({ custom_details: { service: 'ledger' } })).service).toBe('ledger')
    expect((await alert({ component: null })).service).toBe('eu-1')
    expect((await alert({}, { client_url: null })).sourceUrl).toBe(
      'https://runbooks.example.com/checkout-5xx',
    )
    expect((await alert({ timestamp: 'yesterday' })).startsAt).toBeNull()
  })

  it('gets a key of its own delivery when it names none', async ({ expect }) => {
    const { dedup_key: _, ...event } = example
    const context = {
      headers: new Headers(),
      settings: settingsFor(pagerdutyEvents, {}),
      receivedAt,
      deliveryId,
    }
    const { alerts } = await normalise(pagerdutyEvents, { ...context, body: event })
    expect(alerts[0]?.dedupKey).toBe('0199f2a51b2c7d4e8f60718293a4b5c6')
  })

  it('without an action is a change', async ({ expect }) => {
    const payload = { summary: 'Rolled out 1.2.3', source: 'deployer', custom_details: { service: 'ledger' } }
    const { alerts, changes } = await read(pagerdutyEvents, {
      payload,
      links: [{ href: 'https://ci.example.com/7' }],
    })
    expect(alerts).toEqual([])
    expect(changes).toMatchObject([
      {
        kind: 'other',
        job: 'deployer',
        title: 'Rolled out 1.2.3',
        service: 'ledger',
        url: 'https://ci.example.com/7',
      },
    ])
  })
})

describe('an alert posted to Alertmanager', () => {
  const [example] = Object(alertmanagerApi.example)

  it('becomes this alert', async ({ expect }) => {
    const labels = { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' }
    expect(await read(alertmanagerApi, [example])).toEqual({
      alerts: [
        {
          ...plain,
          source: 'alertmanager_api',
          sourceType: 'alertmanager',
          dedupKey: 'ff774b3b5a5e3c3e',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'HighErrorRate',
          description: '5xx ratio above 5%',
          service: 'checkout-api',
          startsAt: at('10:02:30'),
          firedAt: at('10:02:30'),
          eventTime: at('10:02:30'),
          expiresAt: at('10:06:30'),
          sourceUrl: example.generatorURL,
          labels,
          sourceAlertId: 'ff774b3b5a5e3c3e',
          metadata: {
            alertUrl: example.generatorURL,
            labels,
            summary: '5xx ratio above 5%',
            fingerprint: 'ff774b3b5a5e3c3e',
            query: 'job:errors:ratio > 0.05',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('is over when its end has come, and times out when it names none', async ({ expect }) => {
    const alert = (changes: object) => alertOf(alertmanagerApi, [{ ...example, ...changes }])
    expect(await alert({ endsAt: '2026-01-01T10:04:45.310Z' })).toMatchObject({
      state: 'resolved',
      eventTime: receivedAt,
      expiresAt: null,
    })
    expect(await alert({ endsAt: '0001-01-01T00:00:00Z' })).toMatchObject({
      state: 'firing',
      expiresAt: receivedAt + 300_000,
    })
    expect(await alert({ startsAt: null, endsAt: null })).toMatchObject({
      startsAt: receivedAt,
      state: 'firing',
    })
    expect(await alert({ startsAt: null })).toMatchObject({ state: 'firing', expiresAt: at('10:06:30') })
  })

  it('is identified as the vendor does it, without empty labels and those to drop', async ({ expect }) => {
    const labels = { ...example.labels, empty: '', replica: 'a' }
    const dropped = await alertOf(alertmanagerApi, [{ ...example, labels }], { dropLabels: ['replica'] })
    expect(dropped.dedupKey).toBe('ff774b3b5a5e3c3e')
    expect((await alertOf(alertmanagerApi, [{ ...example, fingerprint: 'x' }])).dedupKey).toBe(
      'ff774b3b5a5e3c3e',
    )
  })

  it('is refused alone when it is not valid', async ({ expect }) => {
    const backwards = { ...example, startsAt: '2026-01-01T11:00:00Z' }
    const { alerts, errors } = await read(alertmanagerApi, ['x', { labels: { a: '' } }, backwards, example])
    expect(alerts.map(({ seq }) => seq)).toEqual([3])
    expect(errors.map(({ message }) => message)).toEqual([
      'alert is not an object',
      'at least one label pair required',
      'start time must be before end time',
    ])
  })
})

describe('a request to Opsgenie', () => {
  const example = Object(opsgenieApi.example)

  it('becomes this alert', async ({ expect }) => {
    expect(await read(opsgenieApi, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'opsgenie_api',
          sourceType: 'opsgenie',
          dedupKey: 'slo-burn-checkout-api',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'P1',
          title: 'checkout-api error budget burn',
          description: 'Burn rate 14x over 1h',
          service: 'checkout-api',
          environment: 'production',
          runbookUrl: 'https://runbooks.example.com/slo',
          labels: { service: 'checkout-api', env: 'production' },
          sourceAlertId: 'slo-burn-checkout-api',
          metadata: {
            alias: 'slo-burn-checkout-api',
            priority: 'P1',
            entity: 'checkout-api',
            source: 'prometheus-prod',
            tags: ['service:checkout-api', 'env:production'],
            details: { runbook: 'https://runbooks.example.com/slo' },
            user: 'probe',
            note: 'opened by probe',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('cuts what is too long for the vendor', async ({ expect }) => {
    const body = { message: 'm'.repeat(200), alias: 'a'.repeat(600) }
    const alert = await alertOf(opsgenieApi, { action: 'Create', body })
    expect(alert.title).toHaveLength(130)
    expect(alert.dedupKey).toMatch(/^h:[0-9a-f]{64}$/)
    const same = await alertOf(opsgenieApi, { action: 'Create', body: { ...body, alias: 'a'.repeat(512) } })
    expect(same.dedupKey).toBe(alert.dedupKey)
  })

  it('never opens an alert but by creating one', async ({ expect }) => {
    const known = { title: 'Known', labels: { service: 'ledger' } }
    expect(
      await alertOf(opsgenieApi, { action: 'UnAcknowledge', alias: 'a', known, body: {} }),
    ).toMatchObject({
      state: 'firing',
      forceState: true,
      onlyIfOpen: true,
      title: 'Known',
      labels: { service: 'ledger' },
    })
  })
})

describe('the formatted webhook of Grafana OnCall', () => {
  const example = Object(oncall.example)

  it('fires and ends by its state', async ({ expect }) => {
    expect(await alertOf(oncall, example)).toMatchObject({
      state: 'firing',
      dedupKey: '08d6891a-835c-e661-39fa-96b6a9e26552',
      title: 'checkout-api 5xx',
      description: '8% of requests fail',
      sourceUrl: 'https://probe.example.com/run/77',
    })
    expect((await alertOf(oncall, { ...example, state: 'ok' })).state).toBe('resolved')
  })
})
