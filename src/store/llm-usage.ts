/** What calls of language models used, summed for reading. */
import { and, desc, eq, gte, lt, sql } from 'drizzle-orm'
import { llmLedger, llmUsage } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export const USAGE_GROUPS = ['day', 'model', 'session', 'run', 'user', 'type'] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

const KEY: Readonly<Record<UsageGroup, ReturnType<typeof sql<string | null>>>> = {
  day: sql<string | null>`date(${llmUsage.timestamp} / 1000, 'unixepoch')`,
  model: sql<string | null>`${llmUsage.modelName}`,
  session: sql<string | null>`${llmUsage.sessionId}`,
  run: sql<string | null>`${llmUsage.runId}`,
  user: sql<string | null>`${llmUsage.userId}`,
  type: sql<string | null>`${llmUsage.requestType}`,
}

const MOST_GROUPS = 500

/** Sums by a key in a span of time, the dearest first; days the newest first. */
export const usageBy = (
  db: TenantDb,
  group: UsageGroup,
  { from, to }: { readonly from: number; readonly to: number },
) =>
  db
    .pick(
      {
        key: KEY[group].as('key'),
        calls: sql<number>`count(*)`.as('calls'),
        failed: sql<number>`sum(${llmUsage.outcome} <> 'ok')`.as('failed'),
        inputTokens: sql<number>`sum(${llmUsage.inputTokens})`.as('input'),
        outputTokens: sql<number>`sum(${llmUsage.outputTokens})`.as('output'),
        cachedInputTokens: sql<number>`sum(${llmUsage.cachedInputTokens})`.as('cached'),
        costMicros: sql<number>`coalesce(sum(${llmUsage.costUsdMicros}), 0)`.as('micros'),
        unpriced: sql<number>`sum(${llmUsage.priced} = 0)`.as('unpriced'),
      },
      llmUsage,
      and(gte(llmUsage.timestamp, from), lt(llmUsage.timestamp, to)),
    )
    .groupBy(sql`1`)
    .orderBy(group === 'day' ? sql`1 DESC` : desc(sql`micros`), desc(sql`input`), sql`1`)
    .limit(MOST_GROUPS)

/** What the day's calls have used or set aside. */
export const spentOnDay = (db: TenantDb, day: number) =>
  db.pick(
    {
      micros: sql<number>`coalesce(sum(${llmLedger.costMicros}), 0)`,
      tokens: sql<number>`coalesce(sum(${llmLedger.inputTokens} + ${llmLedger.outputTokens}), 0)`,
    },
    llmLedger,
    eq(llmLedger.day, day),
  )
