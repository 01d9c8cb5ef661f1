import { sql } from 'drizzle-orm'
import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { flag, id, orgId } from './columns'

/** One attempt to call a language model: what it used and what it cost. */
export const llmUsage = sqliteTable(
  'llm_usage',
  {
    id: id(),
    orgId: orgId(),
    /** Null for background runs. */
    userId: text(),
    sessionId: text(),
    incidentId: text(),
    runId: text(),
    step: text(),
    iteration: integer(),
    attempt: integer(),
    provider: text().notNull(),
    modelName: text().notNull(),
    /** investigation, chat, postmortem or classifier */
    requestType: text().notNull(),
    inputTokens: integer().notNull().default(0),
    outputTokens: integer().notNull().default(0),
    cachedInputTokens: integer().notNull().default(0),
    reasoningTokens: integer().notNull().default(0),
    tokensEstimated: flag().default(false),
    /** US dollars; `costUsdMicros` is the same in millionths, null where the model has no price. */
    estimatedCost: real(),
    costUsdMicros: integer(),
    priced: flag().default(false),
    responseTimeMs: integer(),
    outcome: text().notNull().default('ok'),
    error: text(),
    timestamp: integer().notNull(),
  },
  (t) => [
    index('llm_usage_user').on(t.userId, t.modelName),
    index('llm_usage_incident')
      .on(t.incidentId)
      .where(sql`incident_id IS NOT NULL`),
    index('llm_usage_org').on(t.orgId, t.timestamp),
  ],
)
