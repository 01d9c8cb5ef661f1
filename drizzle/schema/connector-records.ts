/** Records of single providers: workspaces of AWS accounts, chosen repositories, machines and their keys. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, time, updatedAt } from './columns'

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

/** Installations of the GitHub App that a person showed to be theirs, for ten minutes: what discovering and claiming go by. */
export const githubOwnershipProofs = sqliteTable(
  'github_ownership_proofs',
  {
    orgId: orgId(),
    userId: text().notNull(),
    installationsJson: json<readonly Readonly<Record<string, unknown>>[]>().notNull(),
    expiresAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.orgId, t.userId] }), index('github_ownership_proofs_end').on(t.expiresAt)],
)

/** Key pairs of ours for machines of the customer's: the private half is sealed and never leaves. */
export const sshKeys = sqliteTable(
  'ssh_keys',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    label: text().notNull(),
    publicKey: text().notNull(),
    /** The envelope, as `lib/seal` writes it. */
    privateKeySealed: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('ssh_keys_label').on(t.orgId, t.label)],
)

/** Machines that somebody wrote down: where they are and which key is meant for them. */
export const manualVms = sqliteTable(
  'manual_vms',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    name: text().notNull(),
    ipAddress: text().notNull(),
    port: integer().notNull().default(22),
    sshUsername: text(),
    sshKeyId: text(),
    /** When its SSH server last answered. */
    reachableAt: time(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('manual_vms_name').on(t.orgId, t.name), index('manual_vms_key').on(t.sshKeyId)],
)
