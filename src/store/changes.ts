import { and, desc, eq } from 'drizzle-orm'
import { changeEvents } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

/** Nothing happens when this sender reported the same job and build before. */
export const recordChange = (db: TenantDb, row: Omit<typeof changeEvents.$inferInsert, 'orgId'>) =>
  db.insert(changeEvents, row).onConflictDoNothing()

/** The change that the API stored under this job and build. */
export const changeByBuild = (
  db: TenantDb,
  { job, build }: { readonly job: string; readonly build: string },
) =>
  db
    .pick(
      { id: changeEvents.id },
      changeEvents,
      and(eq(changeEvents.integrationId, 'api'), eq(changeEvents.job, job), eq(changeEvents.build, build)),
    )
    .orderBy(desc(changeEvents.createdAt))
    .limit(1)
