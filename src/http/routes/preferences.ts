/** What a user's pages remember. */
import { Hono } from 'hono'
import * as z from 'zod'
import * as verbs from '../../services/preferences'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { body, query } from '../input'

const STORE = 'Failed to store preferences'
const RETRIEVE = 'Failed to retrieve preferences'
const stored = { status: z.literal('success') }

export const preferences = new Hono<App>()
  .get(
    '/api/user-preferences',
    endpoint({
      summary: 'One preference; null when never set',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ value: z.json() }) },
      errors: ['validation_failed'],
      failure: RETRIEVE,
    }),
    query(verbs.preferenceQuery),
    async (c) => {
      const { key } = c.req.valid('query')
      return c.json({ value: (await verbs.readPreferences(c.var.ctx, [key])).get(key) ?? null })
    },
  )
  .post(
    '/api/user-preferences',
    endpoint({
      summary: 'Set a preference; null deletes it',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object(stored) },
      errors: ['validation_failed'],
      failure: STORE,
    }),
    body(verbs.preferenceInput),
    async (c) => {
      const { key, value } = c.req.valid('json')
      await verbs.writePreferences(c.var.ctx, [[key, value]])
      return c.json({ status: 'success' as const })
    },
  )
  .get(
    '/api/user-preferences/batch',
    endpoint({
      summary: 'Several preferences; every asked key is in the answer',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ preferences: z.record(z.string(), z.json()) }) },
      errors: ['validation_failed'],
      failure: RETRIEVE,
    }),
    query(verbs.preferencesQuery),
    async (c) => {
      const found = await verbs.readPreferences(c.var.ctx, c.req.valid('query').keys)
      return c.json({ preferences: Object.fromEntries(found) })
    },
  )
  .post(
    '/api/user-preferences/batch',
    endpoint({
      summary: 'Set several preferences, all or none',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ ...stored, count: z.int() }) },
      errors: ['validation_failed'],
      failure: STORE,
    }),
    body(verbs.preferencesInput),
    async (c) => {
      const count = await verbs.writePreferences(c.var.ctx, c.req.valid('json').preferences)
      return c.json({ status: 'success' as const, count })
    },
  )
  .get(
    '/api/user/preferences/aurora-learn',
    endpoint({
      summary: 'Whether the product may learn from the user',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ enabled: z.boolean() }) },
      failure: RETRIEVE,
    }),
    async (c) => c.json({ enabled: await verbs.readLearn(c.var.ctx) }),
  )
  .put(
    '/api/user/preferences/aurora-learn',
    endpoint({
      summary: 'Say whether the product may learn from the user',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ success: z.literal(true), enabled: z.boolean() }) },
      errors: ['validation_failed'],
      failure: 'Failed to update setting',
    }),
    body(verbs.learnInput),
    async (c) => {
      const { enabled } = c.req.valid('json')
      await verbs.writeLearn(c.var.ctx, enabled)
      return c.json({ success: true as const, enabled })
    },
  )
