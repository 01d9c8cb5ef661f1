/** The organisation's choice of a language model: read, changed, taken back. Keys go in and never come out. */
import * as z from 'zod'
import { AppError } from '../lib/errors'
import { optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import {
  HOME,
  needsKey,
  pricesSchema,
  PROVIDERS,
  TOOL_MODES,
  type Choice,
  type Provider,
} from '../llm/choice'
import { readModelUrl } from '../llm/egress'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { dropLlmSettings, llmSettingsOf, putLlmSettings, type LlmSettingsRow } from '../store/llm-settings'
import { requireRole, type Ctx } from './context'
import { settingsConflict } from './correlation-settings'
import { sealKey, type LlmPorts } from './llm-choice'

export const llmChanges = z.object({
  enabled: z.boolean({ error: 'Invalid enabled' }).optional(),
  provider: z
    .enum(PROVIDERS, { error: `Invalid provider. Must be one of: ${PROVIDERS.join(', ')}` })
    .optional(),
  model: text({ error: 'Invalid model', max: 200 }).optional(),
  baseUrl: optional(text({ error: 'Invalid baseUrl', max: 500 })),
  apiKey: optional(text({ error: 'Invalid apiKey', max: 2000 })),
  contextTokens: optional(
    z
      .int({ error: 'Invalid contextTokens' })
      .min(4000, 'Invalid contextTokens')
      .max(10_000_000, 'Invalid contextTokens'),
  ),
  toolMode: z.enum(TOOL_MODES, { error: 'Invalid toolMode' }).optional(),
  prices: pricesSchema.optional(),
})
export type LlmChanges = z.output<typeof llmChanges>

/** What a person sees of the choice. */
export interface LlmSettingsView {
  /** Whose choice is in use; `builtin` when there is no model. */
  readonly source: 'organization' | 'deployment' | 'builtin'
  readonly enabled: boolean
  readonly provider: Provider | null
  readonly model: string | null
  readonly baseUrl: string | null
  readonly hasKey: boolean
  /** The last four characters of an organisation's own key. */
  readonly keyHint: string | null
  readonly contextTokens: number | null
  readonly toolMode: 'native' | 'json'
  readonly prices: Choice['prices']
  /** What is wrong with the deployment's own variables; null when nothing is. */
  readonly deploymentProblem: string | null
}

export async function readLlmSettings({ db }: Ctx, ports: LlmPorts): Promise<LlmSettingsView> {
  const [row] = await llmSettingsOf(db)
  return viewOf(row, ports)
}

export function viewOf(row: LlmSettingsRow | undefined, { deployment }: LlmPorts): LlmSettingsView {
  const { choice, problem } = deployment
  if (row !== undefined) {
    const prices = pricesSchema.safeParse(row.prices)
    const provider = PROVIDERS.find((name) => name === row.provider) ?? null
    return {
      source: row.enabled && provider !== null ? 'organization' : 'builtin',
      enabled: row.enabled,
      provider,
      model: row.model,
      baseUrl: row.baseUrl,
      hasKey: row.sealedKey !== null,
      keyHint: row.keyHint,
      contextTokens: row.contextTokens,
      toolMode: TOOL_MODES.find((mode) => mode === row.toolMode) ?? 'native',
      prices: prices.success ? prices.data : {},
      deploymentProblem: problem,
    }
  }
  return {
    source: choice === null ? 'builtin' : 'deployment',
    enabled: choice !== null,
    provider: choice?.provider ?? null,
    model: choice?.model ?? null,
    // Where the operator's own model runs is the operator's business.
    baseUrl: null,
    hasKey: choice?.apiKey !== undefined && choice.apiKey !== null,
    keyHint: null,
    contextTokens: choice?.contextTokens ?? null,
    toolMode: choice?.toolMode ?? 'native',
    prices: choice?.prices ?? {},
    deploymentProblem: problem,
  }
}

/** Changes what is named and keeps the rest. @throws AppError forbidden, validation_failed, provider_not_configured, conflict */
export async function putLlmSettingsOf(
  ctx: Ctx,
  ports: LlmPorts,
  changes: LlmChanges,
): Promise<LlmSettingsView> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [before] = await llmSettingsOf(db)
  const row = await changed(ctx, ports, before, changes)
  await guarded(db, [
    putLlmSettings(db, before, row),
    db.ensureChanged(),
    audit(db, {
      event: 'settings.llm',
      actor: actor.userId,
      subject: null,
      before: before === undefined ? null : auditable(before),
      after: auditable(row),
      at: now,
    }),
  ])
  return readLlmSettings(ctx, ports)
}

/** Back to what the deployment offers; the key is gone. @throws AppError forbidden, conflict */
export async function dropLlmSettingsOf(ctx: Ctx, ports: LlmPorts): Promise<LlmSettingsView> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [before] = await llmSettingsOf(db)
  if (before !== undefined)
    await guarded(db, [
      dropLlmSettings(db, before),
      db.ensureChanged(),
      audit(db, {
        event: 'settings.llm',
        actor: actor.userId,
        subject: null,
        before: auditable(before),
        after: null,
        at: now,
      }),
    ])
  return readLlmSettings(ctx, ports)
}

async function guarded(db: Ctx['db'], statements: Parameters<Ctx['db']['commit']>[0]): Promise<void> {
  try {
    await db.commit(statements)
  } catch (error) {
    throw isGuardFailure(error) ? settingsConflict() : error
  }
}

const auditable = ({
  enabled,
  provider,
  model,
  baseUrl,
  keyHint,
}: Pick<LlmSettingsRow, 'enabled' | 'provider' | 'model' | 'baseUrl' | 'keyHint'>) => ({
  enabled,
  provider,
  model,
  baseUrl,
  keyHint,
})

/** The row that these changes make of the stored one. */
async function changed(
  { db, actor, now }: Ctx,
  ports: LlmPorts,
  before: LlmSettingsRow | undefined,
  changes: LlmChanges,
): Promise<LlmSettingsRow> {
  const wanted = await proposed(db.orgId, ports, before, changes)
  return {
    id: before?.id ?? newId(now),
    orgId: db.orgId,
    ...wanted,
    prices: changes.prices ?? before?.prices ?? {},
    updatedBy: actor.userId,
    // The time is the version of the choice: it moves with every change.
    updatedAt: Math.max(now, (before?.updatedAt ?? 0) + 1),
  }
}

/**
 * A choice as it would be stored. A key belongs to the place it was given for: with another provider or address it is asked
 * for again.
 * @throws AppError validation_failed, provider_not_configured
 */
export async function proposed(
  orgId: string,
  ports: LlmPorts,
  before: LlmSettingsRow | undefined,
  changes: LlmChanges,
) {
  const enabled = changes.enabled ?? before?.enabled ?? true
  const provider = changes.provider ?? PROVIDERS.find((name) => name === before?.provider) ?? null
  const model = changes.model ?? before?.model ?? null
  const typed =
    'baseUrl' in changes ? (changes.baseUrl ?? null) : provider === before?.provider ? before.baseUrl : null
  const baseUrl = typed === null ? null : addressOf(typed, ports)
  const samePlace = before !== undefined && before.provider === provider && before.baseUrl === baseUrl
  const common = {
    enabled,
    provider,
    model,
    baseUrl,
    contextTokens:
      'contextTokens' in changes ? (changes.contextTokens ?? null) : (before?.contextTokens ?? null),
    toolMode: changes.toolMode ?? before?.toolMode ?? 'native',
  }
  const kept = samePlace && !('apiKey' in changes)
  if (enabled)
    complete(provider, model, baseUrl, ports, kept ? before.sealedKey !== null : changes.apiKey !== undefined)
  if (kept || provider === null)
    return { ...common, sealedKey: before?.sealedKey ?? null, keyHint: before?.keyHint ?? null }
  const { apiKey } = changes
  if (apiKey === undefined) return { ...common, sealedKey: null, keyHint: null }
  return {
    ...common,
    sealedKey: await sealKey(await ports.masters(), orgId, { provider, baseUrl }, apiKey),
    keyHint: apiKey.length < 12 ? null : apiKey.slice(-4),
  }
}

function addressOf(typed: string, ports: LlmPorts): string {
  const { allowedHosts } = ports.deployment
  const read = readModelUrl(typed, { allowedHosts, ownHosts: ports.ownHosts })
  if (!read.ok) throw new AppError('validation_failed', read.problem)
  return read.url
}

/** @throws AppError validation_failed for a choice that cannot work */
function complete(
  provider: Provider | null,
  model: string | null,
  baseUrl: string | null,
  ports: LlmPorts,
  hasKey: boolean,
): void {
  const refuse = (message: string): never => {
    throw new AppError('validation_failed', message)
  }
  if (provider === null) return refuse('Missing provider')
  if (model === null) refuse('Missing model')
  if (baseUrl === null && HOME[provider] === null && provider !== 'workers-ai') refuse('Missing baseUrl')
  if (provider === 'workers-ai' && !ports.deployment.hasWorkersAi)
    refuse('This deployment has no Workers AI binding')
  if (needsKey(provider) && !hasKey) refuse('Missing apiKey')
}
