/** What a source makes of a body, for tests of single senders. */
import { normalise } from '../../src/alerts/normalise'
import { settingsFor } from '../../src/alerts/settings'
import type { AlertSource } from '../../src/alerts/source'

/** When the examples are received: a little after what they tell. */
export const receivedAt = Date.parse('2026-01-01T10:04:45.310Z')

/** The canonical records of `body`, received with the documented examples' clock. */
export const read = (
  source: AlertSource,
  body: unknown,
  settings: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) =>
  normalise(source, {
    body,
    headers: new Headers(headers),
    settings: settingsFor(source, settings),
    receivedAt,
  })

/** The only alert of a body. */
export async function alertOf(source: AlertSource, body: unknown, settings: Record<string, unknown> = {}) {
  const { alerts } = await read(source, body, settings)
  const [alert] = alerts
  if (alert === undefined || alerts.length > 1) throw new Error(`${alerts.length} alerts`)
  return alert
}

/** What an alert has unless its sender says otherwise: nothing that steers its states. */
export const plain = {
  kind: 'alert',
  environment: null,
  host: null,
  description: null,
  startsAt: null,
  endsAt: null,
  eventTime: receivedAt,
  sourceUrl: null,
  dashboardUrl: null,
  runbookUrl: null,
  labels: {},
  seq: 0,
  firedAt: null,
  forceState: false,
  reopening: false,
  onlyIfOpen: false,
  expiresAt: null,
  test: false,
} as const
