/** The language model that an organisation chose. */
import { eq, type InferInsertModel, type InferSelectModel } from 'drizzle-orm'
import { llmSettings } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type LlmSettingsRow = InferSelectModel<typeof llmSettings>

export const llmSettingsOf = (db: TenantDb) => db.select(llmSettings).limit(1)

/** Puts this choice in place of the one that was read; nothing happens when somebody else chose since. */
export const putLlmSettings = (
  db: TenantDb,
  read: Pick<LlmSettingsRow, 'updatedAt'> | undefined,
  { id, ...row }: Omit<InferInsertModel<typeof llmSettings>, 'orgId' | 'id'> & { readonly id: string },
) =>
  db.insert(llmSettings, { id, ...row }).onConflictDoUpdate({
    target: llmSettings.orgId,
    set: row,
    setWhere: eq(llmSettings.updatedAt, read?.updatedAt ?? -1),
  })

/** Forgets the choice that was read; nothing happens when somebody else chose since. */
export const dropLlmSettings = (db: TenantDb, read: Pick<LlmSettingsRow, 'updatedAt'>) =>
  db.remove(llmSettings, eq(llmSettings.updatedAt, read.updatedAt))
