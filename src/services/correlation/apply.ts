/** The correlator's verb: decides about a chunk of alerts and writes everything that follows, once. */
import type { CanonicalAlert } from '../../alerts/canonical'
import { applicableRules, type Rule } from '../../alerts/rules'
import { serviceGraph, type ServiceGraph } from '../../alerts/service-graph'
import { idsInOrder } from '../../lib/ids'
import { log } from '../../lib/log'
import { MINUTE, SECOND } from '../../lib/time'
import { writeDecisions } from '../../store/correlation'
import { expiredAlerts } from '../../store/expired-alerts'
import { readSurroundings, type EffectKey } from '../../store/surroundings'
import { readEdges } from '../../store/topology'
import type { CorrelationWrites, RunFacts } from '../../store/correlation-rows'
import { isGuardFailure, isUniqueViolation } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import { investigationFrom } from '../investigation-settings'
import { CHUNK_SIZE, type AlertChunk } from './chunk'
import { applyAlert } from './decide'
import { expireAlert, expiryKey } from './expire'
import { settingsFrom } from './settings'
import { readRules } from './stored-rules'
import { windowOf } from './suppression'
import { effectKey, groupOf, identityKey, noWrites, type World } from './world'

/** What an organisation's correlator keeps between chunks; checked against its version with every read. */
export interface TopologyCache {
  version: number | null
  graph: ServiceGraph
  /** The rules of a version of the settings. */
  rules?: RuleCache
}

interface RuleCache {
  readonly version: number
  readonly rules: readonly Rule[]
  /** How far back the settings and rules look, in seconds. */
  readonly reach: number
}

/** What has to be told after the commit. */
export interface Applied {
  /** How many alerts were looked at. */
  readonly looked: number
  readonly runIds: readonly { readonly id: string; readonly notBefore: number | null }[]
  readonly told: boolean
  /** When joins that were kept for later are to be told, ms. */
  readonly joinsDueAt: number | null
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
    effects: chunk.alerts,
    identities: chunk.alerts.map(({ integrationId, alert }) => ({ integrationId, dedupKey: alert.dedupKey })),
    times: chunk.alerts.map(({ alert }) => alert.eventTime),
    alerts: chunk.alerts.map(({ alert }) => alert),
  }
  return decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites(chunk.finished)
    for (const incoming of chunk.alerts) applyAlert(world, writes, incoming)
    writes.stormUntil = stormAfter(world, writes.newIncidents.length)
    for (const { integrationId, change } of chunk.changes)
      writes.changes.push({ id: world.newId(), integrationId, ...change })
    return writes
  })
}

/** Resolves open alerts that nobody refreshed in time, and what follows from that for their incidents. */
export async function expireAlerts(db: TenantDb, cache: TopologyCache, now: () => number): Promise<Applied> {
  const expired = await expiredAlerts(db, now(), CHUNK_SIZE)
  if (expired.length === 0) return { looked: 0, runIds: [], told: false, joinsDueAt: null }
  const view: View = {
    effects: expired.map((alert) => ({ deliveryId: expiryKey(alert), idx: 0 })),
    identities: expired,
    times: [],
    alerts: [],
  }
  return decideAndWrite(db, cache, view, now, (world) => {
    const writes = noWrites([])
    for (const { integrationId, dedupKey } of expired) expireAlert(world, writes, { integrationId, dedupKey })
    return writes
  })
}

/** Reads, decides and writes; once more where another writer came in between. */
export async function decideAndWrite(
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
        looked: view.identities.length,
        runIds: [
          ...writes.runs.map(({ id, notBefore }) => ({ id, notBefore: notBefore ?? null })),
          ...writes.postmortems.map(({ runId }) => ({ id: runId, notBefore: null })),
        ],
        told: writes.feed.length > 0,
        joinsDueAt: firstDue(writes),
      }
    } catch (error) {
      if (attempt === TRIES || !(isGuardFailure(error) || isUniqueViolation(error))) throw error
      log.info('correlation.retried', { orgId: db.orgId, attempt })
    }
  }
}

/** When the first of the joins that these writes keep for later is due. */
function firstDue({ changedIncidents, newIncidents }: CorrelationWrites): number | null {
  const rows = [...newIncidents, ...[...changedIncidents.values()].map(({ row }) => row)]
  const due = rows.flatMap(({ joinsDueAt }) => joinsDueAt ?? [])
  return due.length === 0 ? null : Math.min(...due)
}

/** What has to be read for a decision. */
interface View {
  readonly effects: readonly EffectKey[]
  readonly identities: readonly { readonly integrationId: string; readonly dedupKey: string }[]
  readonly times: readonly number[]
  /** Alerts whose group keys may name further incidents. */
  readonly alerts: readonly CanonicalAlert[]
  /** Incidents that are looked at whatever their alerts. */
  readonly incidents?: readonly string[]
}

async function readWorld(db: TenantDb, cache: TopologyCache, view: View, now: number): Promise<World> {
  const rows = await readFresh(db, cache, view, now)
  const topologyVersion = rows.settings?.topologyVersion ?? 1
  if (cache.version !== topologyVersion) {
    cache.graph = serviceGraph(await readEdges(db))
    cache.version = topologyVersion
  }
  const runs = new Map<string, RunFacts[]>()
  for (const run of rows.investigations) runs.set(run.incidentId, [...(runs.get(run.incidentId) ?? []), run])
  const groups = new Map<string, Set<string>>()
  for (const { ruleId, key, incidentId } of rows.groupKeys) {
    const group = groupOf(ruleId, key)
    groups.set(group, (groups.get(group) ?? new Set()).add(incidentId))
  }
  return {
    orgId: db.orgId,
    now,
    newId: idsInOrder(now),
    settings: settingsFrom(rows.settings?.correlation),
    settingsVersion: rows.settings?.version ?? 1,
    investigation: investigationFrom(rows.settings?.investigation),
    topologyVersion,
    graph: cache.graph,
    rules: cache.rules?.rules ?? [],
    groups,
    freshIncidents: rows.freshIncidents,
    stormUntil: rows.settings?.stormUntil ?? 0,
    windows: rows.windows.flatMap((row) => windowOf(row) ?? []),
    applied: new Set(rows.applied.map(({ deliveryId, idx }) => effectKey(deliveryId, idx))),
    alerts: new Map(rows.known.map((alert) => [identityKey(alert.integrationId, alert.dedupKey), alert])),
    incidents: new Map(rows.around.map((incident) => [incident.id, incident])),
    runs,
    contextSeqs: new Map(rows.around.map(({ id, contextSeq }) => [id, contextSeq ?? 0])),
  }
}

/** The rows around the alerts. What is read depends on the rules: where those are not the newest, it is read again. */
async function readFresh(db: TenantDb, cache: TopologyCache, view: View, now: number) {
  const identities = new Map(
    view.identities.map((one) => [identityKey(one.integrationId, one.dedupKey), one]),
  )
  for (;;) {
    const reach = (cache.rules?.reach ?? WIDEST_WINDOW) * SECOND
    const rows = await readSurroundings(db, {
      effects: view.effects,
      identities: [...identities.values()],
      from: Math.min(...view.times, now) - reach,
      to: Math.max(...view.times, now) + reach,
      now,
      incidents: view.incidents ?? [],
      groups: groupsOf(cache.rules?.rules ?? [], view.alerts),
    })
    const version = rows.settings?.version ?? 1
    if (cache.rules?.version === version) return rows
    const rules = await readRules(db)
    const { autoExtend } = settingsFrom(rows.settings?.correlation)
    cache.rules = { version, rules, reach: autoExtend ? WIDEST_OWN_WINDOW : WIDEST_WINDOW }
    if (rules.length === 0 && cache.rules.reach * SECOND === reach) return rows
  }
}

function groupsOf(rules: readonly Rule[], alerts: readonly CanonicalAlert[]) {
  if (rules.length === 0) return []
  const groups = alerts.flatMap((alert) =>
    applicableRules(rules, alert).map(({ rule, key }) => ({ ruleId: rule.id, key })),
  )
  return [...new Map(groups.map((group) => [groupOf(group.ruleId, group.key), group])).values()]
}

/** The largest window that settings allow, in seconds, and the largest that joins can make of it. */
const WIDEST_WINDOW = 3600
const WIDEST_OWN_WINDOW = 86_400

const STORM = 30
const STORM_LASTS = 10 * MINUTE

/** Until when a storm lasts that begins with so many more incidents; null when none begins. */
const stormAfter = ({ freshIncidents, stormUntil, now }: World, opened: number): number | null =>
  opened > 0 && freshIncidents + opened > STORM && stormUntil <= now ? now + STORM_LASTS : null
