import type { BatchItem } from 'drizzle-orm/batch'
import { drizzle } from 'drizzle-orm/d1'

const open = (d1: D1Database) => drizzle(d1, { casing: 'snake_case' })

/** Drizzle works out the name of each column once for each handle: requests of an isolate share the handle of their binding. */
const opened = new WeakMap<D1Database, Database>()

/** Drizzle over D1; only `store/` may hold one. */
export function openDatabase(d1: D1Database): Database {
  const known = opened.get(d1)
  if (known !== undefined) return known
  const database = open(d1)
  opened.set(d1, database)
  return database
}

export type Database = ReturnType<typeof open>

/** A statement is a value: await one, or run several as one atomic batch. */
export type Statement = BatchItem<'sqlite'>

/**
 * The hand-written statement with what Drizzle's `batch` looks for: it binds parameters to `stmt`, which raw statements lack.
 */
export function batchable<S extends { readonly getQuery: () => { readonly sql: string } }>(
  db: Database,
  statement: S,
): S {
  return Object.defineProperty(statement, 'stmt', {
    get: () => db.$client.prepare(statement.getQuery().sql),
  })
}

/** True when a unique or primary key stopped the write, at any depth of the error's causes. */
export function isUniqueViolation(error: unknown): boolean {
  return someCause(error, (text) => /SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(text))
}

/** The column (`table.column`) whose unique key stopped the write, or null. */
export function violatedUnique(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const column = /UNIQUE constraint failed: (\w+\.\w+)/.exec(cause.message)?.[1]
    if (column !== undefined) return column
  }
  return null
}

/** True when a guard of `TenantDb.ensure` rolled the batch back. */
export function isGuardFailure(error: unknown): boolean {
  return someCause(error, (text) => text.includes('malformed JSON'))
}

function someCause(error: unknown, matches: (message: string) => boolean): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (matches(cause.message)) return true
  return false
}
