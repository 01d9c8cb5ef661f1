import * as z from 'zod'

export const API = 'https://slack.com/api'

export const SCOPES = [
  'app_mentions:read',
  'chat:write',
  'channels:join',
  'channels:manage',
  'channels:read',
  'channels:history',
  'users:read',
] as const

/** What status may show. */
export const details = z.object({
  team_id: z.string(),
  team_name: z.string(),
  team_url: z.string().nullable(),
  user_name: z.string().nullable(),
})

export type Details = z.infer<typeof details>
