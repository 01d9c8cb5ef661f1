import { alertTimeline } from '../tools/alert-timeline'
import { seal } from '../seal'
import {
  advance,
  type NewEvidence,
  type NewThought,
  type News,
  type RunDeps,
  type RunState,
  type StepResult,
} from './state'

/** News is taken in, and whoever was at work goes on with it. */
export async function takeNews(state: RunState, deps: RunDeps): Promise<StepResult> {
  const { evidence, thoughts, contextCursor, said } = await readNews(state, deps)
  const { checkpoint } = state
  return advance(
    state,
    'tools',
    {
      evidence,
      thoughts,
      messages: [{ role: 'news', keys: evidence.map(({ key }) => key), said, boundary: deps.boundary() }],
      checkpoint: {
        ...checkpoint,
        contextCursor,
        phase: checkpoint.phase === 'review' ? 'model' : checkpoint.phase,
        review: null,
      },
    },
    // Every turn leaves a message: no iteration before had so high a number.
    state.step === 'tools' ? state.iteration + 1 : state.messages.length + 1,
  )
}

interface ReadNews {
  readonly evidence: readonly NewEvidence[]
  readonly thoughts: readonly NewThought[]
  readonly contextCursor: number
  /** What people said meanwhile, in their words: no evidence, but heard. */
  readonly said: readonly string[]
}

/** News becomes evidence and a thought each, and the timeline is read afresh, since it has changed. What people say is heard. */
async function readNews(state: RunState, deps: RunDeps): Promise<ReadNews> {
  const said = state.news.filter(isPerson).map(({ text }) => text)
  const heard = said.map((text): NewThought => ({
    type: 'observation',
    content: `While I was at work, a person said: ${text}`,
  }))
  const contextCursor = state.news.at(-1)?.seq ?? state.checkpoint.contextCursor
  const events = state.news.filter((news) => !isPerson(news))
  const last = events.at(-1)
  if (last === undefined) return { evidence: [], thoughts: heard, contextCursor, said }
  const executedAt = deps.now()
  const told = inParts(events).map((part): NewEvidence => {
    const [first] = part
    return {
      key: `news:${first.seq}`,
      tool: 'context_update',
      result: seal({
        command: `context_update ${first.seq}`,
        status: 'success',
        output:
          part.length === 1
            ? { kind: first.kind, text: first.text }
            : { kind: 'several', updates: part.map(({ kind, text }) => ({ kind, text })) },
        trust: 'normal',
      }),
      executedAt,
      durationMs: 0,
    }
  })
  const timeline = await alertTimeline.run(
    {},
    { reads: deps.reads, now: executedAt, evidence: state.evidence, given: [] },
  )
  const fresh: NewEvidence[] =
    timeline.kind === 'evidence'
      ? [
          {
            key: `news:${last.seq}:timeline`,
            tool: alertTimeline.name,
            result: timeline.result,
            executedAt,
            durationMs: 0,
          },
        ]
      : []
  return {
    evidence: [...told, ...fresh],
    thoughts: [
      ...inParts(events).map((part): NewThought => ({ type: 'observation', content: wordsOf(part) })),
      ...heard,
    ],
    contextCursor,
    said,
  }
}

/** In a storm there is more news than anybody wants to read one by one. */
const FEW = 5

type Part = readonly [News, ...News[]]

function inParts(news: readonly News[]): readonly Part[] {
  const [first, ...others] = news
  if (first === undefined) return []
  return news.length <= FEW ? news.map((one) => [one]) : [[first, ...others]]
}

const wordsOf = ([first, ...others]: Part): string =>
  others.length === 0
    ? `While I was at work: ${first.text}.`
    : `While I was at work, ${others.length + 1} things happened, the first of them: ${first.text}.`

/** A member of the organisation spoke to the run. */
export const SPOKEN = 'person'

const isPerson = ({ kind }: News): boolean => kind === SPOKEN

/** Whether news can change the result: an alert on a service that was not affected, a graver one, or a person's word. */
export const isGrave = (state: RunState): boolean =>
  state.news.some(({ kind }) => kind === 'escalated' || kind === 'joined' || kind === SPOKEN)
