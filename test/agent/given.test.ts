import { describe, it } from 'vitest'
import { callTools } from '../../src/agent/run/call-tools'
import { checkpointSchema, type RunState } from '../../src/agent/run/state'
import { ownTools, type Toolbox } from '../../src/agent/run/toolbox'
import { boundary, incident, NOW, observed, readsOf } from './fakes'

/** The numbers of the evidence that a tool is told was there before a model asked for anything. */
async function givenIn(over: Partial<RunState>): Promise<readonly number[]> {
  let given: readonly number[] = []
  const tools: Toolbox = {
    ...ownTools,
    run: async (_name, _args, context) => {
      given = context.given.map(({ number }) => number)
      return { kind: 'refused', code: 'policy_denied', message: 'seen enough' }
    },
  }
  const evidence = [1, 2, 3].map((number) => ({
    ...observed(number, 'alert_timeline', {}),
    key: `k${number}`,
  }))
  const state: RunState = {
    runId: 'run',
    incident: incident(),
    step: 'tools',
    iteration: 0,
    checkpoint: checkpointSchema.parse({}),
    evidence,
    messages: [],
    news: [],
    ...over,
  }
  const signal = new AbortController().signal
  const deps = {
    reads: readsOf({}),
    now: () => NOW,
    boundary: () => boundary,
    onText: () => {},
    signal,
    tools,
  }
  await callTools(state, deps, [{ toolCallId: 'c', toolName: 'alert_history', args: { days: 1 } }])
  return given
}

describe('what was there before a model asked for anything', () => {
  const opened = checkpointSchema.parse({ opening: { messages: 1, evidence: 2, boundary } })

  it('is all evidence before a model came in, and that of the rules alone since', async ({ expect }) => {
    expect(await givenIn({})).toEqual([1, 2, 3])
    expect(await givenIn({ checkpoint: opened })).toEqual([1, 2])
  })

  it('is nothing when some of it may be missing: what is counted could be what a model asked for', async ({
    expect,
  }) => {
    expect(await givenIn({ checkpoint: opened, isCut: true })).toEqual([])
  })
})
