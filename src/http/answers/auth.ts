/** Bodies of the auth endpoints. */
import * as z from 'zod'
import { ROLES } from '../../lib/session-token'

export const profileAnswer = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string().nullable(),
  role: z.enum(ROLES),
  orgId: z.uuid(),
  orgName: z.string(),
  mustChangePassword: z.boolean(),
  emailVerified: z.literal(true),
})

export const loginAnswer = profileAnswer.extend({
  token: z.jwt({ alg: 'HS256' }),
  tokenType: z.literal('Bearer'),
  expiresAt: z.iso.datetime({ precision: 3 }),
})

export const passwordChangedAnswer = z.object({ message: z.literal('Password changed successfully') })

export const sessionAnswer = z.object({
  user: z.object({ id: z.uuid(), role: z.enum(ROLES), orgId: z.uuid() }),
  expiresAt: z.iso.datetime({ precision: 3 }).nullable(),
})
