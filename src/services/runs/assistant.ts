/** The language model of a run, with the purse that pays for it: nothing is sent that was not set aside before. */
import type { Assistant, Spent } from '../../agent/run/state'
import { contextOf, priceOf } from '../../llm/catalog'
import type { Choice, Price } from '../../llm/choice'
import { openModel } from '../../llm/open'
import { costMicros } from '../../llm/price'
import { newId } from '../../lib/ids'
import { log } from '../../lib/log'
import { DAY } from '../../lib/time'
import type { Statement } from '../../store/db'
import {
  costOf,
  outputOf,
  reserveCall,
  settleCall,
  writeOff,
  type Caps,
  type Standing,
} from '../../store/llm-ledger'
import { llmSettingsOf } from '../../store/llm-settings'
import type { RunRow } from '../../store/run-rows'
import { settingsOf } from '../../store/settings'
import { investigationFrom, type InvestigationSettings } from '../investigation-settings'
import { choiceFrom, type LlmPorts } from '../llm-choice'
import type { Executor, Held } from './executor'
import { keepsToItself } from './cut-off'

/** Tokens of one answer, at most; and the fewest that are worth a call. */
const CALL_OUTPUT = 6000
const LEAST_OUTPUT = 300
const MICROS = 1_000_000

export interface RunAssistant extends Assistant {
  readonly choice: Pick<Choice, 'provider' | 'model'>
  readonly price: Price | null
}

/** The model that this run may use, or null. One that cannot be opened counts as one that is down. */
export async function assistantOf(
  executor: Executor,
  held: Held,
): Promise<RunAssistant | null | 'unavailable'> {
  const { llm } = executor
  if (llm === null) return null
  // A database that does not answer is no reason to go on without a model: the step is tried again.
  const [row] = await llmSettingsOf(executor.db)
  try {
    const choice = row === undefined ? llm.deployment.choice : await choiceFrom(executor.db.orgId, row, llm)
    if (choice === null) return null
    return keepsToItself(held.run) ? 'unavailable' : await openAssistant(executor, held, choice, llm)
  } catch (error) {
    log.error('llm.not_opened', error, { runId: held.run.id })
    return 'unavailable'
  }
}

async function openAssistant(
  executor: Executor,
  held: Held,
  choice: Choice,
  llm: LlmPorts,
): Promise<RunAssistant> {
  const { provider, model } = choice
  const price = priceOf(model, choice.prices, provider)
  return {
    model: openModel(choice, llm),
    contextTokens: contextOf(model, choice.contextTokens),
    toolMode: choice.toolMode,
    choice,
    price,
    reserve: async (inputTokens) => {
      const { db } = executor
      const { run } = held
      const [[settings], [spent]] = await db.batch([settingsOf(db), outputOf(db, run.id)])
      const caps = capsOf(investigationFrom(settings?.investigation))
      const maxOutputTokens = Math.min(CALL_OUTPUT, caps.outputTokens - (spent?.output ?? 0))
      if (maxOutputTokens < LEAST_OUTPUT) return { ok: false, limit: 'output tokens' }
      const tokens = { inputTokens, outputTokens: maxOutputTokens, cachedInputTokens: 0, cacheWriteTokens: 0 }
      const need = { inputTokens, outputTokens: maxOutputTokens, costMicros: costMicros(tokens, price) ?? 0 }
      const now = executor.now()
      const [[reserved], [standing]] = await reserveCall(db, {
        id: newId(now),
        lease: held.lease,
        position: run,
        model: { provider, name: model },
        need,
        caps,
        day: Math.floor(now / DAY),
        now,
      })
      if (reserved !== undefined) return { ok: true, attempt: reserved.attempt, maxOutputTokens }
      return { ok: false, limit: standing === undefined ? null : limitOf(standing, need, caps) }
    },
  }
}

/** A run that is taken up again, or is over, lost the call that was under way: it stays paid for, and is written down as lost. */
export async function writeOffLost({ db, now }: Executor, run: RunRow): Promise<void> {
  await db.batch([...writeOff(db, { runId: run.id, epoch: run.leaseEpoch }, ownerOf({ run }), now())])
}

const capsOf = (settings: InvestigationSettings): Caps => ({
  inputTokens: settings.maxInputTokens,
  outputTokens: settings.maxOutputTokens,
  costMicros: Math.round(settings.maxCostUsd * MICROS),
  dayMicros: settings.maxCostUsdPerDay === null ? null : Math.round(settings.maxCostUsdPerDay * MICROS),
  dayTokens: settings.maxTokensPerDay,
})

/** Which cap a call would pass, in the words of the summary; null when the run is no longer ours. */
export function limitOf(
  { held, input, output, micros, dayMicros, dayTokens }: Standing,
  need: Pick<Caps, 'inputTokens' | 'outputTokens' | 'costMicros'>,
  caps: Caps,
): string | null {
  if (held === 0) return null
  if (caps.dayMicros !== null && dayMicros + need.costMicros > caps.dayMicros) return 'model cost a day'
  if (caps.dayTokens !== null && dayTokens + need.inputTokens + need.outputTokens > caps.dayTokens)
    return 'model tokens a day'
  if (micros + need.costMicros > caps.costMicros) return 'model cost'
  if (input + need.inputTokens > caps.inputTokens) return 'input tokens'
  return output + need.outputTokens > caps.outputTokens ? 'output tokens' : 'model cost'
}

const ownerOf = ({ run }: Pick<Held, 'run'>) => ({
  // What a person asks in their own thread is theirs; an investigation is the organisation's.
  userId: run.kind === 'chat' ? run.userId : null,
  sessionId: run.sessionId,
  incidentId: run.incidentId,
  requestType: run.kind,
})

/** Tells whoever follows what the run has cost with this call, which is not settled yet. A model without a price has no cost to tell. */
export async function tellCost(
  { db, room }: Executor,
  { run }: Held,
  { price }: Pick<RunAssistant, 'price'>,
  { use }: Spent,
): Promise<void> {
  const micros = costMicros(use, price)
  if (micros === null) return
  const [before] = await costOf(db, run.id)
  room.tell([{ kind: 'usage', totalCost: ((before?.micros ?? 0) + micros) / MICROS }])
}

/** The call's real use in place of its reservation: part of the batch that stores what it brought. */
export function settled(
  { db, now }: Executor,
  held: Held,
  { choice, price }: Pick<RunAssistant, 'choice' | 'price'>,
  { attempt, use, outcome, problem }: Spent,
): Statement[] {
  const { run } = held
  const micros = costMicros(use, price)
  const { step, iteration } = run
  return settleCall(
    db,
    { runId: run.id, step, iteration, attempt },
    {
      id: newId(now()),
      ...ownerOf(held),
      provider: choice.provider,
      modelName: choice.model,
      inputTokens: use.inputTokens,
      outputTokens: use.outputTokens,
      cachedInputTokens: use.cachedInputTokens,
      reasoningTokens: use.reasoningTokens,
      tokensEstimated: use.estimated,
      estimatedCost: micros === null ? null : micros / MICROS,
      costUsdMicros: micros,
      priced: micros !== null,
      responseTimeMs: use.ms,
      outcome,
      error: problem,
      timestamp: now(),
    },
  )
}
