/** The products of a grant: connections without a secret, which live off that of their parent. */
import type { Connector } from '../../connectors/connector'
import type { Proved } from '../../connectors/proof'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { Statement } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import type { Storing } from './connect'
import { rowOf } from './connection-row'
import type { Ports } from './ports'

export interface ProductPlan {
  readonly statements: readonly Statement[]
  /** Rows that come to life again. */
  readonly formers: readonly ConnectionRow[]
}

/**
 * What becomes of the products when a grant is stored: those that it opens are rows of their own; what else was connected of
 * the same product ends, and so does what lived off this grant, or off one that it replaces, and is not part of it any more.
 * @param gone the ids of the grants that it replaces
 */
export async function planProducts(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  it: {
    readonly parent: ConnectionRow
    readonly gone: readonly string[]
    readonly proved: Proved
    readonly storing: Storing
  },
): Promise<ProductPlan> {
  const names = connector.products ?? []
  if (names.length === 0) return { statements: [], formers: [] }
  const known = (await Promise.all(names.map((name) => store.allConnections(db, name)))).flat()
  const made = it.proved.products.flatMap((product) => {
    const of = ports.connectorOf(product.provider)
    if (of === null) return []
    const former = known.find((row) => row.provider === of.id && row.accountId === product.accountId) ?? null
    const proved = { ...it.proved, ...product, secret: null, products: [] }
    return [{ former, row: { ...rowOf(db.orgId, of, proved, former, it.storing), parentId: it.parent.id } }]
  })
  const formers = made.flatMap(({ former }) => former ?? [])
  const stays = new Set(formers.map(({ id }) => id))
  const opened = new Set(made.map(({ row }) => row.provider))
  const grants = new Set([it.parent.id, ...it.gone])
  const ended = known
    .filter((row) => row.status !== 'not_connected' && !stays.has(row.id))
    .filter((row) => opened.has(row.provider) || (row.parentId !== null && grants.has(row.parentId)))
    .map(({ id }) => id)
  return {
    formers,
    statements: [
      ...endStatements(db, ended, it.storing.now),
      ...(stays.size === 0 ? [] : [store.removeSecrets(db, [...stays])]),
      ...made.flatMap(({ former, row }): readonly Statement[] => {
        if (former === null) return [store.insertConnection(db, row)]
        const { id: _, orgId: __, ...columns } = row
        return [store.changeConnection(db, former, columns), db.ensureChanged()]
      }),
    ],
  }
}

/** What ends connections without a word to the vendor; nothing for none. */
export const endStatements = (db: TenantDb, ids: readonly string[], now: number): readonly Statement[] =>
  ids.length === 0
    ? []
    : [store.removeSecrets(db, ids), store.removeSelections(db, ids), store.endConnections(db, ids, [], now)]
