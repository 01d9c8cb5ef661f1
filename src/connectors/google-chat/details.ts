import * as z from 'zod'

export const API = 'https://chat.googleapis.com/v1'
export const BOT_SCOPE = 'https://www.googleapis.com/auth/chat.bot'

const AUTH = 'https://www.googleapis.com/auth/'
export const SCOPES = [
  `${AUTH}chat.spaces`,
  `${AUTH}chat.spaces.create`,
  `${AUTH}chat.memberships`,
  `${AUTH}chat.memberships.app`,
] as const

/** Names under which the space for incidents is looked for; a new one gets the last. */
export const SPACE_NAMES = ['Incidents', 'Aurora Incidents'] as const

/** What using the secret needs. */
export const settings = z.object({
  /** `spaces/…` of the space for incidents; null while a login is looking for it. */
  spaceName: z.string().nullable(),
  /** Whether the login may create it. */
  mayCreate: z.boolean().default(false),
})

/** What status may show. */
export const details = z.object({
  spaceName: z.string(),
  mayCreate: z.boolean(),
  spaceDisplayName: z.string(),
})

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>
