/** Canonical alerts and chunks of them, as the ingest consumer hands them to the correlator. */
import { env } from 'cloudflare:workers'
import type { CanonicalAlert } from '../../src/alerts/canonical'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { newId } from '../../src/lib/ids'
import { applyAlerts, expireAlerts, type TopologyCache } from '../../src/services/correlation/apply'
import type { AlertChunk, AlertSettings, IncomingAlert } from '../../src/services/correlation/chunk'
import { openTenant } from '../../src/store/tenant-db'
import { plain } from './normalised'
import { seedOrganization } from './seed'

/** The time of the tests' first alert. */
export const T = Date.parse('2026-03-01T10:00:00Z')
export const at = (seconds: number): number => T + seconds * 1000

export const anAlert = (changed: Partial<CanonicalAlert> = {}): CanonicalAlert => ({
  ...plain,
  source: 'generic',
  sourceType: 'generic',
  dedupKey: 'checkout/latency',
  state: 'firing',
  severity: 'high',
  severityRaw: 'error',
  title: 'High latency on checkout',
  service: 'checkout',
  environment: 'production',
  eventTime: T,
  metadata: {},
  sourceAlertId: 'checkout/latency',
  ...changed,
})

const SETTINGS: AlertSettings = {
  investigate: true,
  minRunSeverity: 'unknown',
  reopenWindowSeconds: 600,
  autoResolveSeconds: null,
  startDelaySeconds: 0,
}

export const incoming = (
  alert: CanonicalAlert,
  changed: Partial<Omit<IncomingAlert, 'settings'>> & { readonly settings?: Partial<AlertSettings> } = {},
): IncomingAlert => ({
  deliveryId: newId(),
  idx: 0,
  integrationId: newId(),
  receivedAt: alert.eventTime,
  authenticity: 'token',
  alert,
  ...changed,
  settings: { ...SETTINGS, ...changed.settings },
})

export const chunkOf = (...alerts: readonly IncomingAlert[]): AlertChunk => ({
  alerts,
  changes: [],
  finished: [],
})

/** An organisation of its own with a correlator's verbs over it, at times of the test's choice. */
export async function aCorrelation() {
  const orgId = await seedOrganization()
  const db = openTenant(env.DB, orgId)
  const integrationId = newId()
  const cache: TopologyCache = { version: null, graph: EMPTY_GRAPH }
  const rows = async <Row>(query: string): Promise<Row[]> =>
    (await env.DB.prepare(query).bind(orgId).all<Row>()).results
  return {
    orgId,
    integrationId,
    db,
    /** A delivery with one alert, received when it happened unless said otherwise. */
    send: (
      alert: Partial<CanonicalAlert>,
      now = alert.eventTime ?? T,
      settings: Partial<AlertSettings> = {},
    ) =>
      applyAlerts(
        db,
        cache,
        chunkOf(incoming(anAlert(alert), { receivedAt: now, integrationId, settings })),
        () => now,
      ),
    apply: (chunk: AlertChunk, now = T) => applyAlerts(db, cache, chunk, () => now),
    expire: (now: number) => expireAlerts(db, cache, () => now),
    /** Rows of a query whose one parameter is the organisation. */
    rows,
    one: async <Row>(query: string): Promise<Row> => {
      const [row] = await rows<Row>(query)
      if (row === undefined) throw new Error(`nothing found: ${query}`)
      return row
    },
  }
}
