import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, updatedAt } from './columns'

/** The language model that an organisation chose; without a row the deployment's applies. */
export const llmSettings = sqliteTable(
  'llm_settings',
  {
    id: id(),
    orgId: orgId(),
    /** False: no model at all, whatever the deployment has. */
    enabled: flag().default(true),
    provider: text(),
    model: text(),
    baseUrl: text(),
    /** Sealed for this organisation, provider and address. */
    sealedKey: text(),
    /** The last characters of the key, to tell it from another. */
    keyHint: text(),
    contextTokens: integer(),
    toolMode: text().notNull().default('native'),
    prices: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    updatedBy: text().notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('llm_settings_org').on(t.orgId)],
)

/**
 * What calls of language models may use and did: the worst case is reserved before a call, the real use takes its place after it.
 * A call that was lost in a crash keeps its reservation.
 */
export const llmLedger = sqliteTable(
  'llm_ledger',
  {
    id: id(),
    orgId: orgId(),
    runId: text().notNull(),
    step: text().notNull(),
    iteration: integer().notNull(),
    attempt: integer().notNull(),
    /** Days since the epoch, UTC. */
    day: integer().notNull(),
    provider: text().notNull(),
    modelName: text().notNull(),
    state: text().notNull().default('reserved'),
    inputTokens: integer().notNull(),
    outputTokens: integer().notNull(),
    costMicros: integer().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('llm_ledger_call').on(t.runId, t.step, t.iteration, t.attempt),
    index('llm_ledger_day').on(t.orgId, t.day),
  ],
)
