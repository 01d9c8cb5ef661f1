/** Rules over commands, as the API shows them. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listPolicies, listTemplates, ListsRow, PolicyRow } from '../../services/command-policies'
import { time } from './fields'

const lists = z.object({ allowlist_enabled: z.boolean(), denylist_enabled: z.boolean() })
const rule = z.object({
  id: z.uuid(),
  mode: z.enum(['allow', 'deny']),
  pattern: z.string(),
  description: z.string(),
  priority: z.int(),
  enabled: z.boolean(),
  created_at: time,
  updated_at: time,
  updated_by: z.string(),
})

export const policyList = lists.extend({
  allow_rules: z.array(rule),
  deny_rules: z.array(rule),
  active_template_id: z.string().nullable(),
})
export const policyCreated = z.object({ id: z.uuid(), status: z.literal('created') })
export const policyUpdated = z.object({ status: z.literal('updated') })
export const policyDeleted = z.object({ status: z.literal('deleted') })
export const listToggled = lists.extend({ status: z.literal('updated') })
export const commandTested = z.object({
  allowed: z.boolean(),
  rule_description: z.string(),
  command: z.string(),
})

const templateRule = z.object({ pattern: z.string(), description: z.string(), priority: z.int() })
export const templateList = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    allow_count: z.int(),
    deny_count: z.int(),
    allow: z.array(templateRule),
    deny: z.array(templateRule),
  }),
)
export const templateApplied = lists.extend({
  status: z.literal('applied'),
  template_id: z.string(),
  active_template_id: z.string().nullable(),
})
export const templateCleared = z.object({ status: z.literal('cleared'), active_template_id: z.null() })

export const showLists = (row: ListsRow | undefined): z.infer<typeof lists> => ({
  allowlist_enabled: row?.allowlistEnabled ?? false,
  denylist_enabled: row?.denylistEnabled ?? false,
})

const showRule = (row: PolicyRow): z.infer<typeof rule> => ({
  id: row.id,
  mode: row.mode,
  pattern: row.pattern,
  description: row.description,
  priority: row.priority,
  enabled: row.enabled,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
  updated_by: row.updatedBy,
})

export const showPolicies = ({
  rules,
  lists,
}: Awaited<ReturnType<typeof listPolicies>>): z.infer<typeof policyList> => ({
  allow_rules: rules.filter(({ mode }) => mode === 'allow').map(showRule),
  deny_rules: rules.filter(({ mode }) => mode === 'deny').map(showRule),
  ...showLists(lists),
  active_template_id: lists?.activeTemplateId ?? null,
})

export const showTemplates = (templates: ReturnType<typeof listTemplates>): z.infer<typeof templateList> =>
  templates.map(({ allow, deny, ...about }) => ({
    ...about,
    allow_count: allow.length,
    deny_count: deny.length,
    allow: [...allow],
    deny: [...deny],
  }))
