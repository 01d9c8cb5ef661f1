import { and, desc, eq, sql } from 'drizzle-orm'
import {
  alerts,
  evidence,
  incidentFeedback,
  incidentSuggestions,
  learningRecords,
} from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export const feedbackOf = (db: TenantDb, incidentId: string, userId: string) =>
  db
    .select(
      incidentFeedback,
      and(eq(incidentFeedback.incidentId, incidentId), eq(incidentFeedback.userId, userId)),
    )
    .limit(1)

export const insertFeedback = (db: TenantDb, row: Omit<typeof incidentFeedback.$inferInsert, 'orgId'>) =>
  db.insert(incidentFeedback, row)

export const insertLearning = (db: TenantDb, row: Omit<typeof learningRecords.$inferInsert, 'orgId'>) =>
  db.insert(learningRecords, row)

/** By what the alerts of an incident are known again. */
export const dedupKeysOf = (db: TenantDb, incidentId: string) =>
  db
    .pick({ key: alerts.dedupKey }, alerts, eq(alerts.incidentId, incidentId))
    .orderBy(desc(alerts.createdAt))
    .limit(50)

/** What the published summary cites. */
export const citedEvidence = (db: TenantDb, incidentId: string) =>
  db
    .pick(
      { number: evidence.number, tool: evidence.tool, command: evidence.command, output: evidence.output },
      evidence,
      and(eq(evidence.incidentId, incidentId), sql`${evidence.citedAt} IS NOT NULL`),
    )
    .orderBy(evidence.number)
    .limit(50)

/** `[{ title }]`: what was carried out. */
export const executedSuggestions = (db: TenantDb, incidentId: string) =>
  db
    .pick(
      { title: incidentSuggestions.title },
      incidentSuggestions,
      and(eq(incidentSuggestions.incidentId, incidentId), sql`${incidentSuggestions.executedAt} IS NOT NULL`),
    )
    .orderBy(incidentSuggestions.createdAt)
    .limit(10)
