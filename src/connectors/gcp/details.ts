import * as z from 'zod'

export const TOKEN_URL = 'https://oauth2.googleapis.com/token'
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** What using the secret needs. */
export const settings = z.object({
  email: z.string(),
  /** Google's stable id of the account; the client e-mail of a service account. */
  sub: z.string(),
  authType: z.enum(['oauth', 'service_account']),
  scopes: z.array(z.string()),
})

/** What status may show. */
export const details = settings.extend({
  defaultProjectId: z.string().optional(),
  clientEmail: z.string().optional(),
})

export type Details = z.infer<typeof details>

const refresh = z.object({ refresh_token: z.string().min(1) })
const key = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().nullable(),
  project_id: z.string(),
})

/** The minimum that can mint: a refresh token, or what of a service-account key signs an assertion. */
export const secret = z.union([refresh, key])

export type ServiceAccountKey = z.infer<typeof key>
export type Secret = z.infer<typeof secret>
