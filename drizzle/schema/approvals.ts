import { foreignKey, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time } from './columns'
import { incidents } from './incidents'
import { APPROVAL_RISKS, APPROVAL_STATES } from './values'

/**
 * One use of a tool that writes at another system: asked for, decided, carried out at most once. `approved` is the claim
 * that comes before the outside call: a row that stays so was cut off by a crash.
 */
export const toolApprovals = sqliteTable(
  'tool_approvals',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    tool: text().notNull(),
    args: json<Readonly<Record<string, unknown>>>().notNull(),
    /** Of the tool's name and these arguments: what was approved is what is carried out. */
    argsSha256: text().notNull(),
    reason: text().notNull(),
    risk: text({ enum: APPROVAL_RISKS }).notNull(),
    state: text({ enum: APPROVAL_STATES }).notNull().default('requested'),
    requestedBy: text().notNull(),
    decidedBy: text(),
    decidedAt: time(),
    expiresAt: integer().notNull(),
    /** What the vendor answered, or why it was not carried out; ours to word. */
    result: json<Readonly<Record<string, unknown>>>(),
    errorCode: text(),
    error: text(),
    endedAt: time(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    index('tool_approvals_list').on(t.orgId, t.createdAt, t.id),
    index('tool_approvals_state').on(t.orgId, t.state, t.createdAt, t.id),
    index('tool_approvals_incident').on(t.incidentId),
  ],
)
