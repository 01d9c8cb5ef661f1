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
import { readEdges, readSurroundings, writeDecisions } from '../../store/correlation'
import type { CorrelationWrites, RunFacts } from '../../store/correlation-rows'
import { isGuardFailure, isUniqueViolation } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import type { AlertChunk } from './chunk'
import { applyAlert } from './decide'
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
export async function applyAlerts(
  db: TenantDb,
  cache: TopologyCache,
  chunk: AlertChunk,
  now: () => number,
): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    const world = await readWorld(db, cache, chunk, now())
    const writes = decide(world, chunk)
    try {
      await writeDecisions(db, writes, world.now)
      return {
        runIds: writes.runs.map((run) => ({ id: run.id ?? '', notBefore: run.notBefore ?? null })),
        told: writes.feed.length > 0,
      }
    } catch (error) {
      if (attempt === TRIES || !(isGuardFailure(error) || isUniqueViolation(error))) throw error
      log.info('correlation.retried', { orgId: db.orgId, attempt })
    }
  }
}

function decide(world: World, chunk: AlertChunk): CorrelationWrites {
  const writes = noWrites(chunk.finished)
  for (const incoming of chunk.alerts) applyAlert(world, writes, incoming)
  for (const { integrationId, change } of chunk.changes)
    writes.changes.push({ id: newId(world.now), integrationId, ...change })
  return writes
}

async function readWorld(db: TenantDb, cache: TopologyCache, chunk: AlertChunk, now: number): Promise<World> {
  const times = chunk.alerts.map(({ alert }) => alert.eventTime)
  const reach = WIDEST_WINDOW * SECOND
  const identities = new Map(
    chunk.alerts.map(({ integrationId, alert }) => [
      identityKey(integrationId, alert.dedupKey),
      { integrationId, dedupKey: alert.dedupKey },
    ]),
  )
  const rows = await readSurroundings(db, {
    deliveryIds: [...new Set(chunk.alerts.map(({ deliveryId }) => deliveryId))],
    identities: [...identities.values()],
    from: Math.min(...times, now) - reach,
    to: Math.max(...times, now) + reach,
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
