/** An investigation carried out in memory: what the rows of a run would hold, without a database. */
import { BuiltinAnalyst } from '../../src/agent/builtin/builtin-analyst'
import type { EvidenceItem } from '../../src/agent/evidence'
import { afterFailure } from '../../src/agent/run/outcome'
import {
  checkpointSchema,
  type Assistant,
  type News,
  type NewThought,
  type RunDeps,
  type RunLimits,
  type RunState,
  type Spent,
  type Strike,
} from '../../src/agent/run/state'
import { takeStep } from '../../src/agent/run/steps'
import type { Choice } from '../../src/llm/choice'
import { openModel } from '../../src/llm/open'
import { alert, at, boundary, change, incident, NOW, readsOf, type World } from '../agent/fakes'
import { aVendor, portsTo, type Answer, type Sent } from './fake-model'

/** A failed deployment, the service it broke, and three that depend on it. */
export const BROKEN_DEPLOYMENT: World = {
  incident: incident({ alertCount: 4 }),
  alerts: [
    alert(1),
    alert(2, { service: 'web-frontend', startsAt: at(60) }),
    alert(3, { service: 'cart', startsAt: at(90) }),
    alert(4, { service: 'billing', startsAt: at(120) }),
  ],
  changes: [change(1)],
  edges: ['web-frontend', 'cart', 'billing'].map((from) => ({ from, to: 'checkout-api' })),
}

const LIMITS: RunLimits = {
  modelTurns: 16,
  toolCalls: 30,
  externalCalls: 40,
  endsAt: Number.POSITIVE_INFINITY,
}

interface Course {
  readonly world?: World
  readonly choice?: Partial<Choice>
  readonly limits?: Partial<RunLimits>
  readonly tools?: RunDeps['tools']
  /** Called before each step; what it answers is news. */
  readonly news?: (state: RunState, sent: readonly Sent[]) => readonly News[]
}

export async function carryOutInMemory(answer: (sent: Sent, turn: number) => Answer, course: Course = {}) {
  const { world = BROKEN_DEPLOYMENT, choice: over = {} } = course
  const vendor = aVendor(answer)
  const { choice } = portsTo(vendor, over).deployment
  if (choice === null) throw new Error('no choice')
  const waits: number[] = []
  const spent: Spent[] = []
  const struck: Strike[] = []
  const thoughts: NewThought[] = []
  let attempts = 0
  let takenBack = 0
  const assistant: Assistant = {
    model: openModel(choice, vendor),
    contextTokens: choice.contextTokens ?? 128_000,
    toolMode: choice.toolMode,
    reserve: async () => ({ ok: true, attempt: ++attempts, maxOutputTokens: 8000 }),
  }
  const deps: RunDeps = {
    assistant,
    reads: readsOf(world),
    now: () => NOW,
    boundary: () => boundary,
    onText: () => {},
    signal: new AbortController().signal,
    ...(course.tools === undefined ? {} : { tools: course.tools }),
  }
  let state: RunState = {
    runId: 'run',
    limits: { ...LIMITS, ...course.limits },
    incident: world.incident ?? incident(),
    step: 'context',
    iteration: 0,
    checkpoint: checkpointSchema.parse({}),
    evidence: [],
    messages: [],
    news: [],
  }
  let failures = 0
  for (let step = 0; step < 200; step++) {
    const news = (course.news?.(state, vendor.sent) ?? []).filter(
      ({ seq }) => seq > state.checkpoint.contextCursor,
    )
    state = { ...state, news }
    const used = state.checkpoint.degraded === null ? deps : { ...deps, assistant: null }
    const outcome = await takeStep(state, used, new BuiltinAnalyst())
    if (!outcome.ok) {
      if (outcome.failure === null) throw new Error('lost')
      if (outcome.spent !== null) spent.push(outcome.spent)
      if (outcome.saidSome) takenBack++
      const after = afterFailure(outcome.failure, ++failures, state.checkpoint)
      if (after.kind === 'stop') throw new Error('stopped')
      if (after.kind === 'wait') waits.push(after.ms)
      else {
        failures = 0
        state = { ...state, iteration: state.iteration + 1, checkpoint: after.checkpoint }
      }
      continue
    }
    failures = 0
    const { result } = outcome
    if (result.spent !== null) spent.push(result.spent)
    struck.push(...result.struck)
    thoughts.push(...result.thoughts)
    if (result.next === 'end') {
      if (result.publication === null) throw new Error('nothing published')
      return {
        publication: result.publication,
        checkpoint: result.checkpoint,
        sent: vendor.sent,
        waits,
        spent,
        struck,
        thoughts,
        takenBack,
        evidence: state.evidence,
      }
    }
    const first = state.evidence.length + 1
    const minted = result.evidence.map(({ key, tool, result: sealed, executedAt }, index) => ({
      key,
      number: first + index,
      tool,
      executedAt,
      ...asItem(sealed),
    }))
    state = {
      ...state,
      ...result.next,
      checkpoint: result.checkpoint,
      evidence: [...state.evidence, ...minted],
      messages: [...state.messages, ...result.messages],
    }
  }
  throw new Error('no end')
}

const asItem = ({
  command,
  output,
  status,
  trust,
  errorCode,
}: Pick<EvidenceItem, 'command' | 'output' | 'status' | 'trust' | 'errorCode'>) => ({
  command,
  output,
  status,
  trust,
  errorCode,
})
