import * as z from 'zod'
import { correlationSettings } from '../../alerts/correlation-settings'
import type { Rule } from '../../alerts/rules'

const condition = z.object({
  field: z.string(),
  op: z.string(),
  value: z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.array(z.union([z.string(), z.number(), z.boolean()])),
  ]),
})

const ruleBody = z.object({
  name: z.string(),
  enabled: z.boolean(),
  priority: z.int(),
  match: z.array(condition),
  groupBy: z.array(z.string()),
  windowSeconds: z.int(),
  exclusive: z.boolean(),
})

export const rule = ruleBody.extend({ id: z.uuid() })
export const ruleAnswer = z.object({ rule })
export const ruleList = z.object({ rules: z.array(rule) })
export const settingsAnswer = correlationSettings
export const configAnswer = z.object({
  version: z.literal(1),
  settings: correlationSettings,
  rules: z.array(ruleBody),
})

const sizes = z.object({ incidents: z.int(), largest: z.int() })

export const dryRunAnswer = z.object({
  /** Alerts that opened in the period. */
  events: z.int(),
  /** Whether everything that the decisions looked at is known. */
  exact: z.boolean(),
  now: sizes,
  proposed: sizes,
  pairsChanged: z.object({ joined: z.int(), split: z.int() }),
  /** Proposed incidents that do not exist like this, at most 200. */
  groups: z.array(
    z.object({ key: z.string(), alertIds: z.array(z.uuid()), incidentIdsNow: z.array(z.uuid()) }),
  ),
})

export const showRule = (row: Rule): z.infer<typeof rule> => ({
  id: row.id,
  name: row.name,
  enabled: row.enabled,
  priority: row.priority,
  match: row.match.map(({ field, op, value }) => ({ field, op, value })),
  groupBy: [...row.groupBy],
  windowSeconds: row.windowSeconds,
  exclusive: row.exclusive,
})
