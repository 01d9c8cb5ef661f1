import {
  and,
  eq,
  getTableColumns,
  sql,
  type InferInsertModel,
  type InferSelectModel,
  type SQL,
} from 'drizzle-orm'
import type { BatchResponse } from 'drizzle-orm/batch'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { CasingCache } from 'drizzle-orm/casing'
import { batchable, openDatabase, type Database, type Statement } from './db'
import { NOTHING, Plain } from './plain-sql'
import { Read, type Columns, type Shape } from './read'
import { readTogether, type Rows } from './read-together'

/** A table that belongs to tenants. One without `orgId` does not compile here. */
type TenantTable = SQLiteTable & { readonly orgId: SQLiteColumn }
type NewRow<T extends TenantTable> = Omit<InferInsertModel<T>, 'orgId'>
type Changes<T extends TenantTable> = {
  [K in Exclude<keyof InferInsertModel<T>, 'orgId' | 'id'>]?: InferInsertModel<T>[K] | SQL
}

/**
 * The only database handle that reaches a service: it puts the organisation into every WHERE and every INSERT.
 * Its methods build statements, which run when awaited or in `batch`.
 */
export class TenantDb {
  readonly orgId: string
  private readonly db: Database

  constructor(db: Database, orgId: string) {
    this.db = db
    this.orgId = orgId
  }

  /** "This row is ours": for the WHERE of joins and subqueries. */
  mine(table: TenantTable): SQL {
    return eq(table.orgId, this.orgId)
  }

  /**
   * The same for rows that are looked up by their ids from another row source: the plus keeps SQLite, which knows no
   * figures, from walking all rows of the organisation instead.
   */
  mineById(table: TenantTable): SQL {
    return sql`+${table.orgId} = ${this.orgId}`
  }

  /** Whole rows. */
  select<T extends TenantTable>(table: T, where?: SQL) {
    return this.db.select().from<T>(table).where(this.scoped(table, where)).$dynamic()
  }

  /** Chosen columns or expressions. */
  pick<T extends TenantTable, F extends Record<string, SQLiteColumn | SQL | SQL.Aliased>>(
    fields: F,
    table: T,
    where?: SQL,
  ) {
    return this.db.select(fields).from<T>(table).where(this.scoped(table, where))
  }

  insert<T extends TenantTable>(table: T, row: NewRow<T>) {
    return this.db.insert(table).values(this.owned(table, row))
  }

  /**
   * Any number of rows in one statement with one parameter (D1 allows a hundred). Rows that break a unique key are
   * skipped when `ignoreDuplicates` is set, else they fail the batch.
   */
  insertMany<T extends TenantTable>(table: T, rows: readonly NewRow<T>[], ignoreDuplicates = false) {
    const columns = Object.entries(getTableColumns<SQLiteTable>(table))
    const encoded = rows.map((row) => encode(columns, { ...row, orgId: this.orgId }))
    const used = columns.filter(([key]) => encoded.some((row) => key in row))
    const names = used.map(([, column]) => sql.identifier(nameOf(column)))
    const values = used.map(([key]) => sql`value ->> ${sql.raw(`'$.${key}'`)}`)
    const onConflict = ignoreDuplicates ? sql` ON CONFLICT DO NOTHING` : sql``
    return this.run(
      sql`INSERT INTO ${table} (${sql.join(names, sql`, `)}) SELECT ${sql.join(values, sql`, `)} FROM json_each(${JSON.stringify(encoded)}) WHERE true${onConflict}`,
    )
  }

  update<T extends TenantTable>(table: T, changes: Changes<T>, where: SQL | undefined) {
    // Drizzle's own type of a generic table's SET cannot be proved equal to ours; the columns are checked by `Changes`.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    const set = changes as never
    return this.db.update<T>(table).set(set).where(this.scoped(table, where))
  }

  /**
   * Sets the same columns of many rows, each to its own values, in one statement. Every row names its `id` and all of `keys`.
   */
  updateMany<T extends TenantTable & { readonly id: SQLiteColumn }, K extends keyof NewRow<T> & string>(
    table: T,
    keys: readonly K[],
    rows: readonly (Pick<InferSelectModel<T>, K & keyof InferSelectModel<T>> & { readonly id: string })[],
  ) {
    const columns = getTableColumns<SQLiteTable>(table)
    const used = keys.flatMap((key) => {
      const column = columns[key]
      return column === undefined ? [] : [[key, column] as const]
    })
    const encoded = rows.map((row) => ({ ...encode(used, row), id: row.id }))
    const sets = used.map(
      ([key, column]) => sql`${sql.identifier(nameOf(column))} = j.value ->> ${sql.raw(`'$.${key}'`)}`,
    )
    return this.run(
      sql`UPDATE ${table} SET ${sql.join(sets, sql`, `)} FROM json_each(${JSON.stringify(encoded)}) AS j WHERE ${table.id} = j.value ->> '$.id' AND ${this.mineById(table)}`,
    )
  }

  remove<T extends TenantTable>(table: T, where: SQL | undefined) {
    return this.db.delete<T>(table).where(this.scoped(table, where))
  }

  /** Fails and rolls back the whole batch unless the statement just before changed exactly `rows` rows. */
  ensureChanged(rows = 1) {
    return this.run(sql`SELECT CASE WHEN changes() = ${rows} THEN 1 ELSE json('guard failed') END`)
  }

  /** Fails and rolls back the whole batch unless the statement just before changed a row. */
  ensureSomeChanged() {
    return this.run(sql`SELECT CASE WHEN changes() > 0 THEN 1 ELSE json('guard failed') END`)
  }

  /** Fails and rolls back the whole batch unless `condition` holds. */
  ensure(condition: SQL) {
    return this.run(sql`SELECT CASE WHEN ${condition} THEN 1 ELSE json('guard failed') END`)
  }

  /** A query over several tables, with their types. It must name the organisation itself, for each table: use `mine`. */
  join<Q>(build: (db: Database) => Q): Q {
    return build(this.db)
  }

  /** A hand-written statement. It must name the organisation itself: use `mine` or `orgId`. */
  run(statement: SQL) {
    return batchable(this.db, this.db.run(statement))
  }

  /** Rows of a hand-written query, scoped like `run`; the caller parses what it cannot trust. */
  all<Row>(query: SQL) {
    return batchable(this.db, this.db.all<Row>(query))
  }

  /** Rows of a shape, which names the organisation, where a condition holds. `rest` is order and limit. */
  read<Row>(of: Shape<Row>, where: Plain, rest: Plain = NOTHING): Read<Row> {
    const query = new Plain(`${of.head()}(${where.text}) ${rest.text}`, [
      this.orgId,
      ...where.values,
      ...rest.values,
    ])
    return new Read(this.db.$client, query, of)
  }

  /** Rows of a query in plain SQL, scoped like `run`. */
  ask<Row>(of: Columns<Row>, query: Plain): Read<Row> {
    return new Read(this.db.$client, query, of)
  }

  /** Several reads in one round trip and one statement; results in order. */
  together<const S extends readonly Read<unknown>[]>(reads: S): Promise<Rows<S>> {
    return readTogether(this.db.$client, reads)
  }

  /** All or nothing, one round trip, results in order. */
  batch<S extends readonly [Statement, ...Statement[]]>(statements: S): Promise<BatchResponse<S>> {
    return this.db.batch(statements)
  }

  /** The same for a list built at run time, when nobody needs the results. An empty list is nothing to do. */
  async commit(statements: readonly Statement[]): Promise<void> {
    const [first, ...rest] = statements
    if (first !== undefined) await this.db.batch([first, ...rest])
  }

  private scoped(table: TenantTable, where: SQL | undefined): SQL | undefined {
    return and(this.mine(table), where)
  }

  private owned<T extends TenantTable>(_table: T, row: NewRow<T>): InferInsertModel<T> {
    // `NewRow` is the insert model without `orgId`, which is added here: TypeScript cannot see that the sum is whole again.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return { ...row, orgId: this.orgId } as InferInsertModel<T>
  }
}

/** The tenant's handle on this database. */
export const openTenant = (d1: D1Database, orgId: string): TenantDb => new TenantDb(openDatabase(d1), orgId)

const casing = new CasingCache('snake_case')
const nameOf = (column: SQLiteColumn): string => casing.getColumnCasing(column)

/** A row as JSON with database values under the schema's keys, with generated ids filled in; absent keys stay absent. */
function encode(columns: readonly (readonly [string, SQLiteColumn])[], row: object): Record<string, unknown> {
  const given = new Map(Object.entries(row))
  const encoded: Record<string, unknown> = {}
  for (const [key, column] of columns) {
    const value: unknown = given.has(key) ? given.get(key) : column.defaultFn?.()
    if (value !== undefined) encoded[key] = value === null ? null : column.mapToDriverValue(value)
  }
  return encoded
}
