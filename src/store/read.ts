/**
 * Reads of the busiest routes, written out. Drizzle makes a statement's text and maps its rows anew for every request, which
 * takes longer than SQLite needs to find them, and every statement of a batch has its price, however little it reads. Here the
 * column list is text that is made once, several reads travel together, and only JSON and flags are decoded.
 */
import { Column, is, QueryPromise, sql, type GetColumnData, type SQL } from 'drizzle-orm'
import { SQLiteSyncDialect, type SQLiteColumn, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { getTableName } from 'drizzle-orm/table'
import type { Plain } from './plain-sql'

type Fields = Readonly<Record<string, SQLiteColumn | SQL.Aliased>>
type RowOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends SQLiteColumn
    ? GetColumnData<F[K]>
    : F[K] extends SQL.Aliased<infer T>
      ? T
      : never
}

/** What a read selects, by its keys in order, and what makes a row of the values. */
export interface Columns<Row> {
  readonly keys: readonly string[]
  /** Of the values from a place on. */
  readonly row: (values: readonly unknown[], from?: number) => Row
}

/** Columns with the beginning of their statement, which ends in `WHERE <table>.org_id = ? AND `. */
export interface Shape<Row> extends Columns<Row> {
  readonly head: () => string
}

/** Columns of a hand-written query, which has to select them in this order. */
export function columns<Row>(...keys: readonly (keyof Row & string)[]): Columns<Row> {
  return columnsOf<Row>(keys.map((key) => ({ key, decode: null })))
}

/**
 * Chosen columns or expressions of a tenant's table, and perhaps of others that are joined to it.
 * @param how `joined` is SQL after the table's name, which has to compare the other tables' `org_id`, too. `byOrg` is for
 *   lists in the order of an index that begins with the organisation; else rows are looked up by what they belong to, and
 *   SQLite, which knows no figures, is kept from walking all rows of the organisation instead.
 */
export function shape<F extends Fields>(
  table: SQLiteTable & { readonly orgId: SQLiteColumn },
  fields: F,
  how: How = {},
): Shape<RowOf<F>> {
  let head: string | null = null
  const columns = columnsOf<RowOf<F>>(
    Object.entries(fields).map(([key, field]) => ({
      key,
      decode: is(field, Column) ? decoderOf(field) : null,
    })),
  )
  return { ...columns, head: () => (head ??= headOf(getTableName(table), fields, how)) }
}

interface How {
  readonly joined?: string
  readonly byOrg?: boolean
}

type Decode = (value: unknown) => unknown

interface Named {
  readonly key: string
  readonly decode: Decode | null
}

/** Most columns hold what D1 gives. */
const decoderOf = (column: Column): Decode | null =>
  column.mapFromDriverValue === Column.prototype.mapFromDriverValue
    ? null
    : (value) => (value === null ? null : column.mapFromDriverValue(value))

const columnsOf = <Row>(named: readonly Named[]): Columns<Row> => ({
  keys: named.map(({ key }) => key),
  row: rowMaker(named),
})

function rowMaker<Row>(named: readonly Named[]): Columns<Row>['row'] {
  // A copy has all its keys at once, which is quicker than to add them one by one.
  const empty = Object.fromEntries(named.map(({ key }): [string, unknown] => [key, null]))
  return (values, from = 0) => {
    const row: Record<string, unknown> = { ...empty }
    let place = from
    for (const { key, decode } of named) {
      const value = values[place++]
      row[key] = decode === null ? value : decode(value)
    }
    // D1 knows no types; what the columns hold the schema says.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return row as Row
  }
}

function headOf(table: string, fields: Fields, { joined = '', byOrg = false }: How): string {
  const dialect = new SQLiteSyncDialect({ casing: 'snake_case' })
  const list = Object.entries(fields).map(([key, field]) => {
    const expression = is(field, Column) ? sql`${field}` : sql`${field.sql}`
    const { sql: text } = dialect.sqlToQuery(expression.inlineParams())
    // One table needs no name before each column, and a short statement is read faster.
    const short = joined === '' && is(field, Column) ? text.slice(text.indexOf('.') + 1) : text
    return `${short.replaceAll('"', '')} AS ${key}`
  })
  return `SELECT ${list.join(', ')} FROM ${table} ${joined} WHERE ${byOrg ? '' : '+'}${table}.org_id = ? AND `
}

/** A statement: await it, put it into a batch, or read it together with others. */
export class Read<Row> extends QueryPromise<Row[]> {
  declare readonly _: { readonly dialect: 'sqlite'; readonly result: Row[] }
  readonly query: Plain
  readonly columns: Columns<Row>
  readonly #d1: D1Database

  constructor(d1: D1Database, query: Plain, columns: Columns<Row>) {
    super()
    this.#d1 = d1
    this.query = query
    this.columns = columns
  }

  override async execute(): Promise<Row[]> {
    const rows = await this.stmt.bind(...this.query.values).raw()
    return rows.map((values) => this.columns.row(values))
  }

  /** This and what follows is what Drizzle's batch asks of a statement. */
  _prepare(): this {
    return this
  }

  getQuery() {
    return { sql: this.query.text, params: this.query.values }
  }

  get stmt(): D1PreparedStatement {
    return this.#d1.prepare(this.query.text)
  }

  mapResult({ results }: { readonly results: readonly object[] }): Row[] {
    return results.map((given) => this.columns.row(Object.values(given)))
  }
}
