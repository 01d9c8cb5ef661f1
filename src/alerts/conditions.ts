/** Conditions over values: of a mapping, a correlation rule, a maintenance window. */
import * as z from 'zod'
import { matchesPattern, patternProblem } from './safe-pattern'
import { textOf } from './text'

const scalar = z.union([z.string().max(1000), z.number(), z.boolean()])

/** `op` with the value that it needs. Conditions of different owners name what they look at differently. */
export const comparison = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['eq', 'ne', 'prefix']), value: scalar }),
  z.object({ op: z.literal('in'), value: z.array(scalar).min(1).max(100) }),
  z.object({ op: z.literal('exists'), value: z.boolean().default(true) }),
  z.object({
    op: z.literal('matches'),
    value: z.string().check((context) => {
      const problem = patternProblem(context.value)
      if (problem !== null) context.issues.push({ code: 'custom', message: problem, input: context.value })
    }),
  }),
])
export type Comparison = z.infer<typeof comparison>

/** Whether `actual`, any JSON value, satisfies the comparison. Values are compared as text, case matters. */
export function holds(condition: Comparison, actual: unknown): boolean {
  const text = textOf(actual)
  switch (condition.op) {
    case 'eq':
      return text !== null && text === textOf(condition.value)
    case 'ne':
      return text === null || text !== textOf(condition.value)
    case 'in':
      return text !== null && condition.value.some((value) => textOf(value) === text)
    case 'prefix':
      return text !== null && text.startsWith(textOf(condition.value) ?? '')
    case 'exists':
      return (actual !== undefined && actual !== null) === condition.value
    case 'matches':
      break
  }
  return text !== null && matchesPattern(condition.value, text)
}
