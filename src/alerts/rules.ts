/** Conditions over alerts, and the correlation rules that group by them. */
import * as z from 'zod'
import type { CanonicalAlert } from './canonical'
import { comparison, holds } from './conditions'

const FIELDS = [
  'source',
  'sourceType',
  'kind',
  'dedupKey',
  'severity',
  'severityRaw',
  'title',
  'description',
  'service',
  'environment',
  'host',
  'sourceUrl',
  'sourceAlertId',
] as const
type Field = (typeof FIELDS)[number]

/** What conditions look at: a canonical alert or a stored one. */
export type Matchable = Pick<CanonicalAlert, Field | 'labels'>

const LABEL = 'labels.'
const isField = (name: string): name is Field => FIELDS.some((field) => field === name)

/** The name of a canonical field, or `labels.<name>`. */
export const alertField = z
  .string({ error: 'Invalid field' })
  .max(200, 'Invalid field')
  .refine(
    (name) => isField(name) || (name.startsWith(LABEL) && name.length > LABEL.length),
    `Invalid field. Must be labels.<name> or one of: ${FIELDS.join(', ')}`,
  )

/** One condition over an alert. */
const condition = z.intersection(z.object({ field: alertField }), comparison)
export type Condition = z.infer<typeof condition>

/** All must hold. */
export const conditions = z.array(condition, { error: 'Invalid match' }).max(20, 'Invalid match')

const valueOf = (alert: Matchable, field: string): string | null => {
  if (isField(field)) return alert[field]
  return alert.labels[field.slice(LABEL.length)] ?? null
}

export const matchesAll = (match: readonly Condition[], alert: Matchable): boolean =>
  match.every((one) => holds(one, valueOf(alert, one.field)))

/** A correlation rule: alerts that match and have the same values in `groupBy` belong together. */
export interface Rule {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly priority: number
  readonly match: readonly Condition[]
  readonly groupBy: readonly string[]
  readonly windowSeconds: number
  readonly exclusive: boolean
}

export interface Applicable {
  readonly rule: Rule
  /** JSON array of the values of `groupBy`. */
  readonly key: string
}

/** The rules that apply to an alert with its group keys, in the order in which they are tried. */
export function applicableRules(rules: readonly Rule[], alert: Matchable): readonly Applicable[] {
  return rules
    .filter(({ enabled, match }) => enabled && matchesAll(match, alert))
    .toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
    .flatMap((rule) => {
      const values = rule.groupBy.map((field) => valueOf(alert, field))
      return values.includes(null) ? [] : [{ rule, key: JSON.stringify(values) }]
    })
}
