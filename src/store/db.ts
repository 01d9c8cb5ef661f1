import type { BatchItem } from 'drizzle-orm/batch'
import { drizzle } from 'drizzle-orm/d1'

/** Drizzle over D1. Opened once a request or job; only `store/` may hold one. */
export const openDatabase = (d1: D1Database) => drizzle(d1, { casing: 'snake_case' })

export type Database = ReturnType<typeof openDatabase>

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
