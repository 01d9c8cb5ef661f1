import { sql } from 'drizzle-orm'
import { organizationSettings, serviceEdges } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Largest topology that is kept; more edges are refused when they are put. */
export const MAX_EDGES = 5000

export const readEdges = (db: TenantDb) =>
  db.pick({ from: serviceEdges.fromService, to: serviceEdges.toService }, serviceEdges).limit(MAX_EDGES)

export const putEdges = (
  db: TenantDb,
  edges: readonly { readonly from: string; readonly to: string; readonly type: string }[],
) =>
  db.insertMany(
    serviceEdges,
    edges.map(({ from, to, type }) => ({ fromService: from, toService: to, type, createdAt: Date.now() })),
    true,
  )

/** Fails the batch when the organisation has more edges than that. */
export const ensureFewEdges = (db: TenantDb, most: number) =>
  db.ensure(sql`(SELECT count(*) FROM service_edges WHERE org_id = ${db.orgId}) <= ${most}`)

export const clearEdges = (db: TenantDb) => db.remove(serviceEdges, undefined)

/** Moves the version that caches are checked against. */
export const bumpTopology = (db: TenantDb, now: number) =>
  db
    .insert(organizationSettings, { topologyVersion: 2, correlation: {}, investigation: {} })
    .onConflictDoUpdate({
      target: organizationSettings.orgId,
      set: { topologyVersion: sql`${organizationSettings.topologyVersion} + 1`, updatedAt: now },
    })
