/** Tries a model with one small question before anybody relies on it. */
import * as z from 'zod'
import { describeFailure } from '../agent/run/failure'
import { modelTurn } from '../agent/run/model-turn'
import { priceOf } from '../llm/catalog'
import type { Choice } from '../llm/choice'
import { openModel } from '../llm/open'
import { costMicros } from '../llm/price'
import { newId } from '../lib/ids'
import { recordUse } from '../store/llm-ledger'
import { llmSettingsOf } from '../store/llm-settings'
import { requireRole, type Ctx } from './context'
import { choiceFrom, type LlmPorts } from './llm-choice'
import { proposed, type LlmChanges } from './llm-proposal'

const PATIENCE = { stepMs: 20_000, firstChunkMs: 20_000, chunkMs: 10_000 }
const MOST_OUTPUT = 1000

export interface ModelTest {
  readonly ok: boolean
  readonly provider: string
  readonly model: string
  readonly milliseconds: number
  /** Whether it called the tool that it was asked to call. */
  readonly callsTools: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  /** What is the matter, in a sentence; null when all is well. */
  readonly problem: string | null
}

const probe = {
  report_ready: {
    description: 'Say that you are ready.',
    inputSchema: z.strictObject({ ready: z.boolean() }),
  },
}

/**
 * Tries what is stored with these changes, without storing them. The deployment's own model is tried when the organisation
 * has chosen none and changes nothing.
 * @throws AppError forbidden, validation_failed
 */
export async function testModel(ctx: Ctx, ports: LlmPorts, changes: LlmChanges): Promise<ModelTest> {
  requireRole(ctx, 'admin')
  const choice = await choiceToTest(ctx, ports, changes)
  const { provider, model } = choice ?? { provider: 'builtin', model: 'builtin-analyst' }
  const none = { provider, model, milliseconds: 0, inputTokens: 0, outputTokens: 0 }
  if (choice === null) return { ...none, ok: true, callsTools: true, problem: null }
  const turn = await modelTurn({
    model: openModel(choice, ports),
    instructions: 'You answer only by calling tools.',
    messages: [{ role: 'user', content: 'Call report_ready with ready set to true.' }],
    tools: choice.toolMode === 'json' ? {} : probe,
    signal: AbortSignal.timeout(PATIENCE.stepMs),
    onText: () => {},
    now: Date.now,
    maxOutputTokens: MOST_OUTPUT,
    patience: PATIENCE,
  })
  const { use } = turn
  const price = priceOf(model, choice.prices, choice.provider)
  const micros = costMicros(use, price)
  await recordUse(ctx.db, {
    id: newId(ctx.now),
    userId: ctx.actor.userId,
    provider,
    modelName: model,
    requestType: 'test',
    inputTokens: use.inputTokens,
    outputTokens: use.outputTokens,
    cachedInputTokens: use.cachedInputTokens,
    reasoningTokens: use.reasoningTokens,
    tokensEstimated: use.estimated,
    estimatedCost: micros === null ? null : micros / 1_000_000,
    costUsdMicros: micros,
    priced: micros !== null,
    responseTimeMs: use.ms,
    outcome: turn.ok ? 'ok' : 'error',
    error: turn.ok ? null : turn.failure.problem,
    timestamp: ctx.now,
  })
  const callsTools =
    turn.ok && turn.calls.some(({ toolName, invalid }) => toolName in probe && invalid !== true)
  return {
    ...none,
    ok: turn.ok,
    callsTools,
    milliseconds: use.ms,
    inputTokens: use.inputTokens,
    outputTokens: use.outputTokens,
    problem: turn.ok
      ? callsTools || choice.toolMode === 'json'
        ? null
        : 'The model answers but did not call the tool: set toolMode to "json".'
      : describeFailure(turn.failure),
  }
}

async function choiceToTest(
  { db, actor, now }: Ctx,
  ports: LlmPorts,
  changes: LlmChanges,
): Promise<Choice | null> {
  const [before] = await llmSettingsOf(db)
  if (before === undefined && Object.keys(changes).length === 0) return ports.deployment.choice
  const wanted = await proposed(db.orgId, ports, before, { ...changes, enabled: true })
  return choiceFrom(
    db.orgId,
    {
      id: '',
      orgId: db.orgId,
      ...wanted,
      prices: changes.prices ?? before?.prices ?? {},
      updatedBy: actor.userId,
      updatedAt: now,
    },
    ports,
  )
}
