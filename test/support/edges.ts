import { bumpTopology, putEdges } from '../../src/store/topology'
import type { TenantDb } from '../../src/store/tenant-db'

/** Makes each first service depend on its second. */
export async function addedEdges(db: TenantDb, edges: readonly (readonly [string, string])[]): Promise<void> {
  await db.commit([
    putEdges(
      db,
      edges.map(([from, to]) => ({ from, to, type: 'dependency' })),
    ),
    bumpTopology(db, Date.now()),
  ])
}
