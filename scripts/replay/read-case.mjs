import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'

const text = z.string().min(1)

/** Strict: a misspelt expectation must not be one that nothing can meet. */
const file = z.strictObject({
  topology: z.array(z.looseObject({ from: text, to: text })).default([]),
  correlation: z.record(z.string(), z.unknown()).optional(),
  integrations: z
    .record(
      z.string(),
      z.strictObject({ source: text, settings: z.record(z.string(), z.unknown()).default({}) }),
    )
    .default({}),
  deliveries: z
    .array(
      z.strictObject({
        integration: text,
        payload: z.json(),
        headers: z.record(z.string(), z.string()).default({}),
      }),
    )
    .min(1),
  expect: z.strictObject({
    incidents: z.array(
      z
        .strictObject({
          title: text,
          service: text,
          severity: z.enum(['critical', 'high', 'medium', 'low', 'unknown']),
          status: z.enum(['investigating', 'analyzed', 'resolved', 'merged']),
          services: z.array(text),
          alerts: z.array(text),
        })
        .partial()
        .refine((incident) => Object.keys(incident).length > 0, 'an expected incident must name something'),
    ),
  }),
})

/**
 * A case from a file, relative to where the person is.
 * @returns {{ case: object } | { problem: string }} `problem` names every bad place
 */
export function readCase(path) {
  let found
  try {
    // npm runs scripts in the project's folder, wherever it was called.
    found = JSON.parse(readFileSync(resolve(process.env.INIT_CWD ?? '.', path), 'utf8'))
  } catch (error) {
    return { problem: `${path} cannot be read: ${error.message}` }
  }
  const parsed = file.safeParse(found)
  if (parsed.success) return { case: parsed.data }
  const places = parsed.error.issues.map(
    ({ path: place, message }) => `  ${place.join('.') || 'file'}: ${message}`,
  )
  return { problem: [`${path} is not a case to replay:`, ...places].join('\n') }
}
