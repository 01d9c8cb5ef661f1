/** The correlator's verb: decides about a chunk of alerts and writes everything that follows, once. */
import {
  correlationSettings,
  DEFAULT_CORRELATION,
  type CorrelationSettings,
} from '../../alerts/correlation-settings'
import { serviceGraph, type ServiceGraph } from '../../alerts/service-graph'
import { newId } from '../../lib/ids'
import { log } from '../../lib/log'
import { SECOND } from '../../lib/time'
import { expiredAlerts, readEdges, readSurroundings, writeDecisions } from '../../store/correlation'
import type { CorrelationWrites, RunFacts } from '../../store/correlation-rows'
import { isGuardFailure, isUniqueViolation } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import { CHUNK_SIZE, type AlertChunk } from './chunk'
import { applyAlert } from './decide'
import { expireAlert, expiryKey } from './expire'
import { effectKey, identityKey, noWrites, type World } from './world'

/** What an organisation's correlator keeps between chunks; checked against its version with every read. */
export interface TopologyCache {
  version: number | null
  graph: ServiceGraph
}

/** What has to be told after the commit. */
export interface Applied {
  readonly runIds: readonly { readonly id: string; readonly notBefore: number | null }[]
  readonly told: boolean
}

const TRIES = 4

/**
 * Applies a chunk exactly once, however often it is called with it.
 * @throws the last storage error when other writers keep interfering, or D1 does not answer.
 */
export function applyAlerts(
  db: TenantDb,
  cache: TopologyCache,
  chunk: AlertChunk,
  now: () => number,
): Promise<Applied> {
  const view: View = {
    deliveryIds: [...new Set(chunk.alerts.map(({ deliveryId }) => deliveryId))],
    identities: chunk.alerts.map(({ integrationId, alert }) => ({ integrationId, dedupKey: alert.dedupKey })),
    times: chunk.alerts.map(({ alert }) => alert.eventTime),
  }
  return decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites(chunk.finished)
    for (const incoming of chunk.alerts) applyAlert(world, writes, incoming)
    for (const { integrationId, change } of chunk.changes)
      writes.changes.push({ id: newId(world.now), integrationId, ...change })
    return writes
  })
}

/** Resolves open alerts that nobody refreshed in time, and what follows from that for their incidents. */
export async function expireAlerts(db: TenantDb, cache: TopologyCache, now: () => number): Promise<Applied> {
  const expired = await expiredAlerts(db, now(), CHUNK_SIZE)
  if (expired.length === 0) return { runIds: [], told: false }
  const view: View = {
    deliveryIds: expired.map(expiryKey),
    identities: expired,
    times: [],
  }
  return decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites([])
    for (const { integrationId, dedupKey } of expired) expireAlert(world, writes, { integrationId, dedupKey })
    return writes
  })
}

async function decideAndWrite(
  db: TenantDb,
  cache: TopologyCache,
  view: View,
  now: () => number,
  decide: (world: World) => CorrelationWrites,
): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    const world = await readWorld(db, cache, view, now())
    const writes = decide(world)
    try {
      await writeDecisions(db, writes, world.now)
      return {
        runIds: writes.runs.map(({ id, notBefore }) => ({ id, notBefore: notBefore ?? null })),
        told: writes.feed.length > 0,
      }
    } catch (error) {
      if (attempt === TRIES || !(isGuardFailure(error) || isUniqueViolation(error))) throw error
      log.info('correlation.retried', { orgId: db.orgId, attempt })
    }
  }
}

/** What has to be read for a decision. */
interface View {
  readonly deliveryIds: readonly string[]
  readonly identities: readonly { readonly integrationId: string; readonly dedupKey: string }[]
  readonly times: readonly number[]
}

async function readWorld(db: TenantDb, cache: TopologyCache, view: View, now: number): Promise<World> {
  const reach = WIDEST_WINDOW * SECOND
  const identities = new Map(
    view.identities.map((one) => [identityKey(one.integrationId, one.dedupKey), one]),
  )
  const rows = await readSurroundings(db, {
    deliveryIds: view.deliveryIds,
    identities: [...identities.values()],
    from: Math.min(...view.times, now) - reach,
    to: Math.max(...view.times, now) + reach,
  })
  const topologyVersion = rows.settings?.topologyVersion ?? 1
  if (cache.version !== topologyVersion) {
    cache.graph = serviceGraph(await readEdges(db))
    cache.version = topologyVersion
  }
  const runs = new Map<string, RunFacts[]>()
  for (const run of rows.investigations) runs.set(run.incidentId, [...(runs.get(run.incidentId) ?? []), run])
  return {
    orgId: db.orgId,
    now,
    newId: () => newId(now),
    settings: settingsFrom(rows.settings?.correlation),
    settingsVersion: rows.settings?.version ?? 1,
    topologyVersion,
    graph: cache.graph,
    applied: new Set(rows.applied.map(({ deliveryId, idx }) => effectKey(deliveryId, idx))),
    alerts: new Map(rows.known.map((alert) => [identityKey(alert.integrationId, alert.dedupKey), alert])),
    incidents: new Map(rows.around.map((incident) => [incident.id, incident])),
    runs,
    contextSeqs: new Map(rows.contextSeqs.map(({ incidentId, seq }) => [incidentId, seq])),
  }
}

/** The largest window that settings allow, in seconds. */
const WIDEST_WINDOW = 3600

const settingsFrom = (stored: unknown): CorrelationSettings => {
  const parsed = correlationSettings.partial().safeParse(stored ?? {})
  return { ...DEFAULT_CORRELATION, ...(parsed.success ? definedOnly(parsed.data) : {}) }
}

function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // `partial()` types absent members as possibly undefined; here they are left out.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
