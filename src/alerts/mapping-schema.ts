/** The mapping that turns foreign JSON into canonical alerts, as a customer writes it. */
import * as z from 'zod'
import { comparison } from './conditions'
import { isPointer } from './pointer'

const MAPPED_FIELDS = [
  'kind',
  'dedupKey',
  'state',
  'severity',
  'title',
  'description',
  'service',
  'environment',
  'host',
  'startsAt',
  'endsAt',
  'eventTime',
  'sourceUrl',
  'dashboardUrl',
  'runbookUrl',
  'sourceAlertId',
] as const
export type MappedField = (typeof MAPPED_FIELDS)[number]

/** Relative to the item, or to the whole body when it starts with `/@/`. */
const pointer = z.string().max(500).refine(isPointer, { error: 'must be a JSON pointer' })
const scalar = z.union([z.string().max(1000), z.number(), z.boolean()])

const rule = z
  .strictObject({
    /** Of several the first that is not null wins. */
    path: z.union([pointer, z.array(pointer).min(1).max(10)]).optional(),
    const: scalar.optional(),
    /** Text with `{{/pointer}}` placeholders. */
    template: z.string().min(1).max(1000).optional(),
    /** From lower-cased value to result; `*` is the fallback. */
    map: z.record(z.string().max(200), scalar).optional(),
    default: scalar.optional(),
  })
  .refine((one) => [one.path, one.const, one.template].filter((given) => given !== undefined).length === 1, {
    error: 'needs exactly one of path, const and template',
  })
  .refine((one) => placeholdersOf(one.template ?? '').every(isPointer), {
    error: 'must contain only JSON pointers between {{ and }}',
    path: ['template'],
  })
export type MappingRule = z.infer<typeof rule>

const condition = z.intersection(z.object({ path: pointer }), comparison)

export const mappingSchema = z.strictObject({
  /** An array whose every item becomes one alert. Default: the whole body. */
  each: pointer.optional(),
  /** All must hold, or the item is ignored. */
  when: z.array(condition).max(20).optional(),
  fields: z.partialRecord(z.enum(MAPPED_FIELDS), rule).check((context) => {
    for (const field of ['title', 'state'] as const) {
      if (context.value[field] !== undefined) continue
      context.issues.push({ code: 'custom', path: [field], message: 'must be mapped', input: context.value })
    }
  }),
  /** An object whose scalar members become labels, or label names with their pointers. */
  labels: z.union([pointer, z.record(z.string().min(1).max(128), pointer)]).optional(),
})
export type Mapping = z.infer<typeof mappingSchema>

/** The pointers inside a template. */
function placeholdersOf(template: string): string[] {
  return Array.from(template.matchAll(/\{\{(.*?)\}\}/gs), (match) => (match[1] ?? '').trim())
}
