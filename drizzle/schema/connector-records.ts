/** Records of single providers: workspaces of AWS accounts, chosen repositories. */
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, updatedAt } from './columns'

/** A place for AWS accounts; its ExternalId is what their roles must ask for. */
export const workspaces = sqliteTable(
  'workspaces',
  {
    /** UUID v4. */
    id: text().primaryKey(),
    orgId: orgId(),
    userId: text().notNull(),
    name: text().notNull(),
    awsExternalId: text().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('workspaces_name').on(t.orgId, t.name)],
)

/** Repositories that the organisation chose for investigations. */
export const connectedRepos = sqliteTable(
  'connected_repos',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    provider: text().notNull(),
    repoFullName: text().notNull(),
    repoId: text(),
    installationId: integer(),
    defaultBranch: text(),
    isPrivate: flag().default(false),
    repoDataJson: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    metadataSummary: text(),
    metadataStatus: text(),
    changeGatingEnabled: flag().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('connected_repos_name').on(t.orgId, t.provider, t.repoFullName)],
)
