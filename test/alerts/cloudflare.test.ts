import { describe, it } from 'vitest'
import { cloudflare } from '../../src/alerts/cloudflare'
import { settingsFor } from '../../src/alerts/settings'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(cloudflare.example)

describe('Cloudflare', () => {
  it('becomes this alert', async ({ expect }) => {
    const at = Date.parse('2026-01-01T10:02:41Z')
    expect(await read(cloudflare, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'cloudflare',
          sourceType: 'cloudflare',
          dedupKey: 'b0c1d2e3f4a5968778695a4b3c2d1e0f',
          state: 'firing',
          severity: 'high',
          severityRaw: 'high',
          title: 'Origin errors',
          description: 'High rate of 5xx responses from the origin of example.com',
          service: 'example.com',
          host: 'example.com',
          startsAt: at,
          firedAt: at,
          eventTime: at,
          labels: { zone_name: 'example.com', severity: 'high' },
          sourceAlertId: 'b0c1d2e3f4a5968778695a4b3c2d1e0f',
          metadata: {
            policyId: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
            policyName: 'Origin errors',
            alertType: 'http_alert_origin_error',
            accountId: 'f7232cb80f6fab86a95426302af243e4',
            data: { zone_name: 'example.com', severity: 'high' },
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('ends when it says so, and after half an hour otherwise', async ({ expect }) => {
    const state = async (alert_event: unknown) =>
      (await alertOf(cloudflare, { ...example, alert_event })).state
    expect(await state('ALERT_STATE_EVENT_START')).toBe('firing')
    expect(await state('ALERT_STATE_EVENT_END')).toBe('resolved')
    expect(await state(undefined)).toBe('firing')
    expect(settingsFor(cloudflare, {}).autoResolveSeconds).toBe(1800)
  })

  it('names what has no correlation id by its policy and kind', async ({ expect }) => {
    const alert = await alertOf(cloudflare, { ...example, alert_correlation_id: null })
    expect(alert.dedupKey).toBe('0f1e2d3c4b5a69788796a5b4c3d2e1f0|http_alert_origin_error')
  })

  it('opens nothing for its test button', async ({ expect }) => {
    const alert = await alertOf(cloudflare, { text: 'Hello World! This is a test message.' })
    expect(alert).toMatchObject({ state: 'info', test: true })
  })
})
