/** What was kept from doing harm. */
import { and, desc, gte, lt, or, eq, type InferSelectModel } from 'drizzle-orm'
import { securityEvents } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type SecurityEventRow = InferSelectModel<typeof securityEvents>

/** Writes these events, each once under its key. */
export const noteSecurity = (
  db: TenantDb,
  rows: readonly Omit<typeof securityEvents.$inferInsert, 'orgId'>[],
) => db.insertMany(securityEvents, rows, true)

/** Newest first, from a time on, before a place in the list. */
export const securityPage = (
  db: TenantDb,
  {
    since,
    before,
    limit,
  }: {
    readonly since: number
    readonly before: { readonly at: number; readonly id: string } | null
    readonly limit: number
  },
) =>
  db
    .select(
      securityEvents,
      and(
        gte(securityEvents.at, since),
        before === null
          ? undefined
          : or(
              lt(securityEvents.at, before.at),
              and(eq(securityEvents.at, before.at), lt(securityEvents.id, before.id)),
            ),
      ),
    )
    .orderBy(desc(securityEvents.at), desc(securityEvents.id))
    .limit(limit)
