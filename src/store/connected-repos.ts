import { and, asc, eq, sql, type InferSelectModel } from 'drizzle-orm'
import { connectedRepos } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type ConnectedRepoRow = InferSelectModel<typeof connectedRepos>
type NewRepo = Pick<
  ConnectedRepoRow,
  | 'userId'
  | 'provider'
  | 'repoFullName'
  | 'repoId'
  | 'installationId'
  | 'defaultBranch'
  | 'isPrivate'
  | 'repoDataJson'
>

const ofProvider = (provider: string) => eq(connectedRepos.provider, provider)

/** The repositories that the organisation chose of a provider, by name. */
export const chosenRepos = (db: TenantDb, provider: string) =>
  db.select(connectedRepos, ofProvider(provider)).orderBy(asc(connectedRepos.repoFullName)).limit(500)

/** Adds repositories; those that are there already keep what was written about them. */
export const addRepos = (db: TenantDb, rows: readonly NewRepo[]) =>
  rows.length === 0 ? [] : [db.insertMany(connectedRepos, rows, true)]

/** Removes every repository but these. */
export const keepRepos = (db: TenantDb, provider: string, names: readonly string[]) =>
  db.remove(
    connectedRepos,
    and(
      ofProvider(provider),
      sql`${connectedRepos.repoFullName} NOT IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
    ),
  )

/** Changes one repository; no row when it was not chosen. */
export const changeRepo = (
  db: TenantDb,
  provider: string,
  name: string,
  changes: Partial<
    Pick<ConnectedRepoRow, 'metadataSummary' | 'metadataStatus' | 'changeGatingEnabled' | 'updatedAt'>
  >,
) => db.update(connectedRepos, changes, and(ofProvider(provider), eq(connectedRepos.repoFullName, name)))
