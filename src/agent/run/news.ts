import { alertTimeline } from '../tools/alert-timeline'
import { seal } from '../seal'
import type { NewEvidence, NewThought, News, RunDeps, RunState } from './state'

export interface ReadNews {
  readonly evidence: readonly NewEvidence[]
  readonly thoughts: readonly NewThought[]
  readonly contextCursor: number
}

/** News becomes evidence and a thought each, and the timeline is read afresh, since it has changed. */
export async function readNews(state: RunState, deps: RunDeps): Promise<ReadNews> {
  const last = state.news.at(-1)
  if (last === undefined) return { evidence: [], thoughts: [], contextCursor: state.checkpoint.contextCursor }
  const executedAt = deps.now()
  const told = state.news.map((news): NewEvidence => ({
    key: `news:${news.seq}`,
    tool: 'context_update',
    result: seal({
      command: `context_update ${news.seq}`,
      status: 'success',
      output: { kind: news.kind, text: news.text },
      trust: 'normal',
    }),
    executedAt,
    durationMs: 0,
  }))
  const timeline = await alertTimeline.run(
    {},
    { reads: deps.reads, now: executedAt, evidence: state.evidence },
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
    thoughts: state.news.map((news) => ({ type: 'observation', content: wordsOf(news) })),
    contextCursor: last.seq,
  }
}

const wordsOf = (news: News): string => `While I was at work: ${news.text}.`

/** Whether news can change the result: an alert on a service that was not affected, or a graver one. */
export const isGrave = (state: RunState): boolean =>
  state.news.some(({ kind }) => kind === 'escalated' || kind === 'joined')
