/** What people send about an integration. */
import * as z from 'zod'
import { sources } from '../alerts'
import { sourceSettingsPatch } from '../alerts/settings'
import { AppError } from '../lib/errors'
import { optional, text } from '../lib/fields'

const slugs = sources.map(({ slug }) => slug)

const name = text({ error: 'Invalid name', max: 100 })
export const proposedSettings = z.custom<z.input<typeof sourceSettingsPatch>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid settings',
)

export const newIntegration = z.object({
  source: z.enum(slugs, { error: `Invalid source. Must be one of: ${slugs.join(', ')}` }),
  name,
  settings: optional(proposedSettings),
})

export const integrationPatch = z
  .object({
    name: name.optional(),
    enabled: z.boolean({ error: 'Invalid enabled' }).optional(),
    verification: z
      .enum(['required', 'if_configured', 'token_only'], {
        error: 'Invalid verification. Must be one of: required, if_configured, token_only',
      })
      .optional(),
    settings: proposedSettings.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

export const rotation = z.object({
  graceSeconds: z
    .int({ error: 'Invalid graceSeconds' })
    .min(0, 'Invalid graceSeconds')
    .max(604_800, 'Invalid graceSeconds')
    .default(86_400),
})

export const newSigningSecret = z.object({
  secret: text({ error: 'Invalid secret', max: 1000, trim: false }).optional(),
})

/** Settings as they may be stored. @throws AppError validation_failed with every bad field */
export function checkSettings(given: object): Readonly<Record<string, unknown>> {
  const parsed = sourceSettingsPatch.safeParse(given)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => ({
    path: ['settings', ...path].join('.'),
    message,
  }))
  throw new AppError('validation_failed', 'Invalid settings', { details })
}
