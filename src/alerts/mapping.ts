/** Applying a mapping to foreign JSON. Total: what a pointer does not find is null. */
import { holds } from './conditions'
import type { MappedField, Mapping, MappingRule } from './mapping-schema'
import { valueAt } from './pointer'
import { recordOf, textOf } from './text'

/** One item of the body with the values that the mapping found in it; null for an item that `when` leaves out. */
export type MappedItem = Readonly<Partial<Record<MappedField | 'labels', unknown>>>

/** Every item of `body` in order; null when `each` finds no array. */
export function applyMapping(mapping: Mapping, body: unknown): readonly (MappedItem | null)[] | null {
  const items = mapping.each === undefined ? [body] : valueAt(body, withoutRoot(mapping.each))
  return Array.isArray(items) ? items.map((item: unknown) => mapItem(mapping, body, item)) : null
}

function mapItem(mapping: Mapping, body: unknown, item: unknown): MappedItem | null {
  const at: Lookup = (pointer) =>
    isRooted(pointer) ? valueAt(body, withoutRoot(pointer)) : valueAt(item, pointer)
  if (!(mapping.when ?? []).every((condition) => holds(condition, at(condition.path)))) return null
  const fields = Object.entries(mapping.fields).map(([name, rule]) => [name, valueOf(rule, at)] as const)
  return { ...Object.fromEntries(fields), labels: labelsFor(mapping.labels, at) }
}

type Lookup = (pointer: string) => unknown

function valueOf(rule: MappingRule, at: Lookup): unknown {
  const found = mapped(rule, sourceValue(rule, at))
  return found ?? rule.default ?? null
}

function sourceValue(rule: MappingRule, at: Lookup): unknown {
  if (rule.const !== undefined) return rule.const
  if (rule.template !== undefined) return fill(rule.template, at)
  const paths = typeof rule.path === 'string' ? [rule.path] : (rule.path ?? [])
  return paths.map(at).find((value) => value !== undefined && value !== null)
}

function mapped({ map }: MappingRule, value: unknown): unknown {
  if (map === undefined) return value
  const key = textOf(value)?.toLowerCase() ?? null
  const entry = Object.entries(map).find(([name]) => name.toLowerCase() === key)
  return entry?.[1] ?? (key === null || !Object.hasOwn(map, '*') ? null : map['*'])
}

/** The template with every placeholder replaced; null when one of them finds nothing. */
function fill(template: string, at: Lookup): string | null {
  let complete = true
  const text = template.replaceAll(/\{\{(.*?)\}\}/gs, (_, pointer: string) => {
    const value = textOf(at(pointer.trim()))
    if (value === null) complete = false
    return value ?? ''
  })
  return complete ? text : null
}

function labelsFor(labels: Mapping['labels'], at: Lookup): Record<string, unknown> {
  if (labels === undefined) return {}
  const pairs =
    typeof labels === 'string'
      ? Object.entries(recordOf(at(labels)))
      : Object.entries(labels).map(([name, pointer]) => [name, at(pointer)] as const)
  return Object.fromEntries(pairs.filter(([, value]) => typeof value !== 'object'))
}

/** `/@` alone is the whole body; `/@timestamp` is an ordinary member. */
const isRooted = (pointer: string): boolean => pointer === '/@' || pointer.startsWith('/@/')
const withoutRoot = (pointer: string): string => (isRooted(pointer) ? pointer.slice(2) : pointer)
