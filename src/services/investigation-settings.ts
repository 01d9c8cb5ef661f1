/** What an organisation allows its investigations: switches, limits, and whether postmortems are written by themselves. */
import * as z from 'zod'
import { given } from '../lib/given'
import { settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { changeSettings } from './settings'

const whole = (name: string, min: number, max: number) =>
  z
    .int({ error: `Invalid ${name}` })
    .min(min, `Invalid ${name}`)
    .max(max, `Invalid ${name}`)
const flag = (name: string) => z.boolean({ error: `Invalid ${name}` })

/** Limits per run: time in seconds, cost in US dollars. `maxCostUsdPerDay` null means none. */
export const investigationSettings = z.object({
  /** Whether alerts start investigations; people always can. */
  enabled: flag('enabled'),
  maxConcurrentRuns: whole('maxConcurrentRuns', 1, 50),
  startsPer5Min: whole('startsPer5Min', 1, 500),
  maxRunSeconds: whole('maxRunSeconds', 60, 1740),
  maxExternalToolCalls: whole('maxExternalToolCalls', 0, 40),
  maxInternalToolCalls: whole('maxInternalToolCalls', 1, 30),
  maxModelTurns: whole('maxModelTurns', 1, 16),
  maxInputTokens: whole('maxInputTokens', 1000, 300_000),
  maxOutputTokens: whole('maxOutputTokens', 500, 20_000),
  maxCostUsd: z
    .number({ error: 'Invalid maxCostUsd' })
    .min(0, 'Invalid maxCostUsd')
    .max(100, 'Invalid maxCostUsd'),
  maxCostUsdPerDay: z
    .number({ error: 'Invalid maxCostUsdPerDay' })
    .min(0, 'Invalid maxCostUsdPerDay')
    .max(100_000, 'Invalid maxCostUsdPerDay')
    .nullable(),
  /** Input and output of all models together; null means none. */
  maxTokensPerDay: whole('maxTokensPerDay', 0, 1_000_000_000).nullable(),
  notifyInconclusive: flag('notifyInconclusive'),
  postmortem: z.object({ auto: flag('postmortem') }, { error: 'Invalid postmortem' }),
})
export type InvestigationSettings = z.infer<typeof investigationSettings>

export const DEFAULT_INVESTIGATION: InvestigationSettings = {
  enabled: true,
  maxConcurrentRuns: 3,
  startsPer5Min: 5,
  maxRunSeconds: 1740,
  maxExternalToolCalls: 40,
  maxInternalToolCalls: 30,
  maxModelTurns: 16,
  maxInputTokens: 300_000,
  maxOutputTokens: 20_000,
  maxCostUsd: 1,
  maxCostUsdPerDay: null,
  maxTokensPerDay: null,
  notifyInconclusive: false,
  postmortem: { auto: true },
}

export const investigationChanges = investigationSettings
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'No valid fields to update')

/** What is stored, with the defaults in place of what nobody set; stored nonsense counts as unset. */
export function investigationFrom(stored: unknown): InvestigationSettings {
  const parsed = investigationSettings.partial().safeParse(stored ?? {})
  return parsed.success ? withChanges(DEFAULT_INVESTIGATION, parsed.data) : DEFAULT_INVESTIGATION
}

export async function readInvestigationSettings(ctx: Ctx): Promise<InvestigationSettings> {
  const [row] = await settingsOf(ctx.db)
  return investigationFrom(row?.investigation)
}

/** Changes what is named and keeps the rest. @throws AppError forbidden, conflict */
export async function putInvestigationSettings(
  ctx: Ctx,
  changes: z.output<typeof investigationChanges>,
): Promise<InvestigationSettings> {
  requireRole(ctx, 'admin')
  return changeSettings(ctx, 'settings.investigation', {
    read: (row) => investigationFrom(row?.investigation),
    change: (before) => withChanges(before, changes),
    stored: (after) => ({ investigation: after }),
  })
}

const withChanges = (
  base: InvestigationSettings,
  changes: z.output<typeof investigationChanges>,
): InvestigationSettings => investigationSettings.parse({ ...base, ...given(changes) })
