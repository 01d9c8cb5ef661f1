/** What a user's pages remember. */
import * as z from 'zod'
import { AppError } from '../lib/errors'
import { text } from '../lib/fields'
import { utf8 } from '../lib/hmac'
import { isGuardFailure } from '../store/db'
import * as store from '../store/preferences'
import type { Ctx } from './context'

const MOST = 200
const LARGEST_BYTES = 16 * 1024
const KEY = /^[A-Za-z0-9_.:-]{1,100}$/
const LEARN = 'aurora_learn_enabled'

const INVALID_KEY = 'Invalid preference key'
const MISSING_KEY = 'Missing preference key'
const NO_KEYS = 'No keys specified'

const key = text({ error: MISSING_KEY }).refine((name) => KEY.test(name), INVALID_KEY)

/** Whether a value is small enough as JSON text; absent and null are nothing at all. */
const value = z
  .unknown()
  .refine((it) => utf8(JSON.stringify(it ?? null)).length <= LARGEST_BYTES, 'Value too large')

export const preferenceQuery = z.object({ key })

export const preferenceInput = z.object({ key, value: value.optional() })

export const preferencesQuery = z.object({
  keys: z
    .union([z.string(), z.array(z.string())], { error: NO_KEYS })
    .transform((keys) => (typeof keys === 'string' ? [keys] : keys).map((name) => name.trim()))
    .refine((keys) => keys.some((name) => name !== ''), NO_KEYS)
    .refine((keys) => keys.every((name) => KEY.test(name)), INVALID_KEY)
    .refine((keys) => keys.length <= MOST, 'Too many preferences'),
})

const dictionary = z.custom<Readonly<Record<string, unknown>>>(
  (it) => typeof it === 'object' && it !== null && !Array.isArray(it),
  'preferences must be a dictionary',
)

export const preferencesInput = z.object({
  preferences: dictionary
    .transform((given) => Object.entries(given))
    .refine((entries) => entries.every(([name]) => KEY.test(name)), INVALID_KEY)
    .refine((entries) => entries.every(([, it]) => value.safeParse(it).success), 'Value too large')
    .refine((entries) => entries.length <= MOST, 'Too many preferences'),
})

export const learnInput = z.object({
  enabled: z
    .unknown()
    .refine((it) => it !== undefined && it !== null, { error: "Missing 'enabled' field", abort: true })
    .pipe(z.boolean({ error: "'enabled' must be a boolean" })),
})

/** Values by key, null for those never set. */
export async function readPreferences(
  { db, actor }: Ctx,
  keys: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const rows = await store.preferencesOf(db, actor.userId, keys)
  const found = new Map(rows.map((row) => [row.key, row.json]))
  return new Map(keys.map((name): [string, unknown] => [name, JSON.parse(found.get(name) ?? 'null')]))
}

/**
 * Sets all of them, or none; null deletes. Answers how many were named.
 * @throws AppError validation_failed (the user would have too many)
 */
export async function writePreferences(
  { db, actor, now }: Ctx,
  entries: readonly (readonly [key: string, value: unknown])[],
): Promise<number> {
  const set = entries.filter(([, it]) => it !== null && it !== undefined)
  const gone = entries.filter(([, it]) => it === null || it === undefined).map(([name]) => name)
  const rows = set.map(([name, it]) => ({ key: name, json: JSON.stringify(it) }))
  try {
    await db.batch([
      store.removePreferences(db, actor.userId, gone),
      store.setPreferences(db, actor.userId, rows, now),
      store.ensureFew(db, actor.userId, MOST),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('validation_failed', 'Too many preferences')
    throw error
  }
  return entries.length
}

/** Whether the product may learn from the user's incidents: yes, until they say no. */
export async function readLearn(ctx: Ctx): Promise<boolean> {
  return (await readPreferences(ctx, [LEARN])).get(LEARN) !== false
}

export async function writeLearn(ctx: Ctx, enabled: boolean): Promise<void> {
  await writePreferences(ctx, [[LEARN, enabled]])
}
