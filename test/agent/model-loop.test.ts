import { describe, it } from 'vitest'
import type { AlertFacts } from '../../src/agent/facts'
import type { RunLimits } from '../../src/agent/run/state'
import { ownTools, type Toolbox } from '../../src/agent/run/toolbox'
import { seal } from '../../src/agent/seal'
import { approve, findings, isReview, numberOf, submit, type Answer, type Sent } from '../support/fake-model'
import { BROKEN_DEPLOYMENT, carryOutInMemory } from '../support/loop'
import { alert, at, id, NOW } from './fakes'

const CAUSE = 'The deployment `deploy/checkout-api` of checkout-api failed before the first alert.'
const LOOK: Answer = { calls: [{ name: 'recent_incidents', args: { service: 'cart', days: 3 } }] }

/** Our own tools and one that leaves the house. */
const withProbe: Toolbox = {
  ...ownTools,
  names: [...ownTools.names, 'probe'],
  isExternal: (name) => name === 'probe',
  run: async (name, args, context) =>
    name === 'probe'
      ? {
          kind: 'evidence',
          result: seal({
            command: `probe ${JSON.stringify(args)}`,
            status: 'success',
            output: { up: 1 },
            trust: 'normal',
          }),
        }
      : ownTools.run(name, args, context),
}

const conclude = (sent: Sent, text = CAUSE, over: object = {}): Answer =>
  isReview(sent) ? approve : submit(findings(numberOf(sent, 'recent_changes'), text, over))

describe('an investigation with a language model', () => {
  it('opens with what the rules found, in the same words every turn', async ({ expect }) => {
    const { publication, sent, thoughts } = await carryOutInMemory((asked, turn) =>
      turn === 0
        ? {
            text: 'I look at the neighbours.',
            calls: [...(LOOK.calls ?? []), { name: 'read_evidence', args: { number: 1 } }],
          }
        : conclude(asked),
    )
    expect(publication).toMatchObject({
      analyst: 'model',
      verdict: 'confirmed',
      rootCauseService: 'checkout-api',
    })
    expect(publication.summary).toMatch(
      /Sections from the rules: what happened.*; from the model: root cause\.$/,
    )
    const [first, second, review] = sent
    expect(first?.body.messages).toHaveLength(2)
    expect(first?.body.messages[0].content).toContain('You investigate one incident')
    expect(first?.body.messages[1].content).toMatch(/"builtInAnalysis":\{"mechanism":"bad_change"/)
    expect(second?.body.messages.slice(0, 2)).toEqual(first?.body.messages)
    expect(second?.body.messages.at(-1)).toMatchObject({ role: 'tool' })
    expect(review?.body.messages[1].content).toContain('"kind":"review"')
    expect(thoughts.map(({ content }) => content)).toContain('I look at the neighbours.')
  })

  it('loses the claims that its evidence does not bear, and they are counted', async ({ expect }) => {
    const { publication } = await carryOutInMemory((asked) =>
      isReview(asked)
        ? approve
        : submit({
            ...findings(0, CAUSE),
            claims: [
              { section: 'root_cause', text: CAUSE, evidence: [numberOf(asked, 'recent_changes')] },
              { section: 'root_cause', text: `${CAUSE.slice(0, -1)} by 240 s.`, evidence: [2] },
              { section: 'what_happened', text: 'Errors rose to 87 % within minutes.', evidence: [1] },
              { section: 'what_happened', text: 'The pod checkout-7d9f4 restarted.', evidence: [1] },
              { section: 'impact', text: 'Customers saw "payment refused by bank".', evidence: [1] },
              { section: 'impact', text: 'Nobody could pay.', evidence: [99] },
              { section: 'impact', text: 'Everything was slow [1].', evidence: [] },
            ],
          }),
    )
    expect(publication.dropped.map(({ reason }) => reason)).toEqual([
      'number_not_found',
      'number_not_found',
      'quote_not_found',
      'unknown_evidence',
      'no_evidence',
    ])
    expect(publication.summary).not.toMatch(/87|7d9f4|bank|Nobody|slow/)
    expect(publication.summary).toContain('by 240 s')
  })

  it('may lower the verdict and its confidence, never raise them', async ({ expect }) => {
    const lowered = await carryOutInMemory((asked) => conclude(asked, CAUSE, { verdict: 'likely' }))
    const humble = await carryOutInMemory((asked) => conclude(asked, CAUSE, { verdict: 'inconclusive' }))
    expect(lowered.publication).toMatchObject({ verdict: 'likely', confidence: 0.74 })
    expect(humble.publication.verdict).toBe('inconclusive')
    expect(humble.publication.confidence).toBeLessThan(0.5)
    expect(humble.publication.summary).toMatch(/^Root cause undetermined\./)
    const alone = await carryOutInMemory(
      (asked) => (isReview(asked) ? approve : submit(findings(1, 'It is checkout-api itself.'))),
      { world: {} },
    )
    expect(alone.publication).toMatchObject({ verdict: 'inconclusive', confidence: 0.45 })
  })

  it('does not lend the confidence of the rules to another cause: both become candidates', async ({
    expect,
  }) => {
    const { publication } = await carryOutInMemory((asked) =>
      isReview(asked) ? approve : submit(findings(1, 'The service `billing` caused it.')),
    )
    expect(publication).toMatchObject({ verdict: 'inconclusive', rootCauseService: null })
    expect(publication.summary).toMatch(
      /Candidate 1, unproven: The service `billing`[^]*Candidate 2, unproven:/,
    )
  })

  it('loses what its own second look refutes, and what that look will not bear', async ({ expect }) => {
    const { publication } = await carryOutInMemory((asked) =>
      isReview(asked)
        ? {
            calls: [
              { name: 'submit_review', args: { refuted: [1], verdict: 'likely', reason: 'Too late.' } },
            ],
          }
        : conclude(asked),
    )
    expect(publication.dropped).toMatchObject([{ reason: 'refuted', text: CAUSE }])
    expect(publication.verdict).toBe('likely')
    expect(publication.findings.claims.every(({ origin }) => origin === 'rules')).toBe(true)
  })

  it('suggests beside the rules, as long as a claim of its own stands', async ({ expect }) => {
    const suggestions = [
      {
        type: 'mitigation',
        title: 'Return checkout-api to its last good build',
        description: 'It was well before.',
        rationale: 'The deployment preceded the alerts.',
        undo: 'Deploy it again.',
        evidence: [1],
      },
    ]
    const go = (refuted: readonly number[]) =>
      carryOutInMemory((asked) =>
        isReview(asked)
          ? { calls: [{ name: 'submit_review', args: { refuted, verdict: 'confirmed', reason: 'Hm.' } }] }
          : conclude(asked, CAUSE, { suggestions }),
      )
    const { publication } = await go([])
    expect(publication.suggestions[0]).toMatchObject({
      title: 'Return checkout-api to its last good build',
      origin: 'model',
      risk: 'low',
      undo: 'Deploy it again.',
    })
    expect(publication.suggestions.length).toBeGreaterThan(1)
    expect(publication.summary).toContain('- Return checkout-api to its last good build')
    const refuted = await go([1])
    expect(refuted.publication.suggestions.every(({ origin }) => origin === 'rules')).toBe(true)
  })

  it('stands as it is when the second look cannot be had, and says so', async ({ expect }) => {
    const { publication } = await carryOutInMemory((asked) =>
      isReview(asked) ? { status: 500 } : conclude(asked),
    )
    expect(publication).toMatchObject({ analyst: 'model', verdict: 'confirmed' })
    expect(publication.summary).toContain('were not checked a second time')
  })
})

describe('a language model that fails', () => {
  it.for([
    ['is away', { status: 503 }, 4, 'model_unavailable'],
    ['breaks off', { text: 'I think', cutAfter: 2 }, 4, 'model_unavailable'],
    ['sends nonsense', { text: 'I think', cutAfter: 2, ending: 'garbage' }, 4, 'model_unavailable'],
    ['refuses the key', { status: 401 }, 1, 'model_unavailable'],
    [
      'asks for too much patience',
      { status: 429, headers: { 'retry-after': '300' } },
      1,
      'model_unavailable',
    ],
    ['takes no input of any length', { status: 400 }, 2, 'model_unavailable'],
    ['is stopped by a filter', { text: 'No', finish: 'content_filter' }, 1, 'content_filter'],
    ['never calls anything', { text: 'It was the database.' }, 3, 'invalid_findings'],
    ['submits nonsense', submit({ verdict: 'sure' }), 3, 'invalid_findings'],
    [
      'is cut off in its findings',
      { ...submit('{"verdict": "lik'), finish: 'length' },
      4,
      'model_unavailable',
    ],
  ] as const)(
    'and %s: the result is that of the rules, and says why',
    async ([, answer, calls, degraded], { expect }) => {
      const { publication, checkpoint, sent, spent } = await carryOutInMemory(() => answer)
      expect(publication).toMatchObject({ analyst: 'builtin', verdict: 'confirmed' })
      expect(checkpoint.degraded).toBe(degraded)
      expect(sent).toHaveLength(calls)
      expect(spent).toHaveLength(calls)
      expect(publication.summary).toMatch(/this is the built-in analysis alone/)
      expect(publication.summary).toMatch(/Built-in analysis, no language model\.$/)
    },
  )

  it('is waited for as long as it asks, and its text is taken back', async ({ expect }) => {
    const { publication, waits, spent, takenBack } = await carryOutInMemory((asked, turn) => {
      if (turn === 0) return { status: 429, headers: { 'retry-after': '12' } }
      return turn === 1 ? { text: 'The half of a', cutAfter: 2 } : conclude(asked)
    })
    expect(publication.analyst).toBe('model')
    expect(waits).toEqual([12_000, 8000])
    expect(takenBack).toBe(1)
    expect(spent.map(({ outcome }) => outcome)).toEqual(['error', 'error', 'ok', 'ok'])
  })

  it('is told less when its input was too long, and told so', async ({ expect }) => {
    const tooLong = { status: 400, body: '{"error":{"message":"maximum context length is 4000 tokens"}}' }
    const { publication, sent } = await carryOutInMemory(
      (asked, turn) => (turn === 0 ? tooLong : conclude(asked)),
      {
        choice: { contextTokens: 7000 },
      },
    )
    expect(publication.analyst).toBe('model')
    const [whole, half] = sent.map(({ body }) => String(body.messages[1].content))
    expect(half?.length).toBeLessThan((whole?.length ?? 0) * 0.9)
    expect(half).toContain('read_evidence 1 has it in full')
  })

  it('gets its mistakes back as answers, and can do better', async ({ expect }) => {
    const { publication, sent } = await carryOutInMemory((asked, turn) => {
      if (turn === 0)
        return {
          calls: [
            { name: 'delete_everything', args: {} },
            { name: 'alert_history', args: { alertId: id(101), days: 'many' } },
            { name: 'recent_changes', args: '{"service": ' },
            { name: 'recent_changes', args: {} },
          ],
        }
      return turn === 1 ? submit({ verdict: 'sure' }) : conclude(asked)
    })
    expect(publication.analyst).toBe('model')
    const told = JSON.stringify(
      sent[1]?.body.messages.filter(({ role }: { role: string }) => role === 'tool'),
    )
    expect(told).toContain('There is no tool named delete_everything')
    expect(told.match(/invalid_arguments/g)?.length).toBe(3)
    expect(JSON.stringify(sent[2]?.body.messages.at(-1))).toContain('invalid_arguments')
  })

  it('works without tool calling, by one JSON object a turn', async ({ expect }) => {
    const say = (call: object): Answer => ({
      text: `I look.\n\`\`\`json\n${JSON.stringify({ calls: [call] })}\n\`\`\``,
    })
    const { publication, sent } = await carryOutInMemory(
      (asked, turn) => {
        if (turn === 0) return say({ tool: 'recent_incidents', args: { service: 'cart', days: 2 } })
        if (turn === 1) return { text: 'Hm.\n```json\n{"what": \n```' }
        return asked.text.includes('submit_review')
          ? say({ tool: 'submit_review', args: { refuted: [], verdict: 'confirmed', reason: 'Yes.' } })
          : say({ tool: 'submit_findings', args: findings(numberOf(asked, 'recent_changes'), CAUSE) })
      },
      { choice: { toolMode: 'json' } },
    )
    expect(publication).toMatchObject({ analyst: 'model', verdict: 'confirmed' })
    expect(sent[0]?.body.tools).toBeUndefined()
    expect(sent[0]?.body.messages[0].content).toContain('submit_findings:')
    expect(sent[1]?.text).toContain('Result of recent_incidents')
    expect(sent[2]?.text).toContain('There is no tool named unreadable')
  })
})

describe('a run', () => {
  it('ends a model that goes on for ever', async ({ expect }) => {
    const { publication, checkpoint, sent, evidence, thoughts } = await carryOutInMemory(
      () => ({ ...LOOK, text: 'I look at the cart.' }),
      { limits: { modelTurns: 3 } },
    )
    expect(thoughts.filter(({ content }) => content === 'I look at the cart.')).toHaveLength(1)
    expect(publication.analyst).toBe('builtin')
    expect(checkpoint.budgetExhausted).toBe('model turns')
    expect(sent).toHaveLength(3)
    // The second of the same calls was answered from the evidence of the first.
    expect(evidence.filter(({ command }) => command.includes('service=cart'))).toHaveLength(1)
  })

  it('may use each of its limits to the last, and says which of them was one too small', async ({
    expect,
  }) => {
    const look = (asked: Sent, turn: number): Answer =>
      turn === 0 ? { calls: [...(LOOK.calls ?? []), { name: 'probe', args: { n: 1 } }] } : conclude(asked)
    const go = (limits: Partial<RunLimits>) => carryOutInMemory(look, { limits, tools: withProbe })
    const free = await go({})
    const { modelTurns, toolCalls, externalCalls } = free.checkpoint
    const enough = { modelTurns, toolCalls, externalCalls, endsAt: NOW + 1 }
    const { publication, checkpoint } = await go(enough)
    expect([publication, checkpoint.budgetExhausted]).toEqual([free.publication, null])
    for (const [limit, name] of [
      ['modelTurns', 'model turns'],
      ['toolCalls', 'tool calls'],
      ['externalCalls', 'tool calls'],
      ['endsAt', 'time'],
    ] as const) {
      const less = await go({ ...enough, [limit]: enough[limit] - 1 })
      expect([limit, less.checkpoint.budgetExhausted]).toEqual([limit, name])
      expect(less.publication.summary).toMatch(
        new RegExp(`## Not Checked[^]*The limit of ${name} was reached`),
      )
      expect(less.checkpoint).toMatchObject({
        toolCalls: expect.toSatisfy((used: number) => used <= enough.toolCalls),
        externalCalls: expect.toSatisfy((used: number) => used <= enough.externalCalls),
      })
    }
  })

  it('refuses calls beyond its budget, of each kind apart, and the model can still conclude', async ({
    expect,
  }) => {
    const { publication, checkpoint, sent } = await carryOutInMemory(
      (asked, turn) =>
        turn === 0 ? { calls: [1, 2, 3].map((n) => ({ name: 'probe', args: { n } })) } : conclude(asked),
      { limits: { externalCalls: 2 }, tools: withProbe },
    )
    expect(publication.analyst).toBe('model')
    expect(checkpoint).toMatchObject({ externalCalls: 2, budgetExhausted: 'tool calls' })
    expect(sent[1]?.text.match(/other systems is left/g)).toHaveLength(1)
  })

  it('hears a person at the next step, outside the data, and alerts that join as data', async ({
    expect,
  }) => {
    const { sent, thoughts } = await carryOutInMemory(
      (asked, turn) => (turn === 0 ? LOOK : conclude(asked)),
      {
        news: (_, asked) =>
          asked.length === 0
            ? []
            : [
                { seq: 7, kind: 'joined', alertId: id(105), text: 'Disk full on db joined', service: 'db' },
                { seq: 8, kind: 'person', alertId: null, text: 'Look at the database.', service: null },
              ],
      },
    )
    const told = sent[1]?.body.messages.slice(-2)
    expect(told[0].content).toMatch(/^New evidence arrived[\s\S]*<<<data [\s\S]*Disk full on db joined/)
    expect(told[1]).toEqual({
      role: 'user',
      content: 'A person of the organisation says: Look at the database.',
    })
    expect(thoughts.filter(({ content }) => content.includes('Look at the database.'))).toHaveLength(1)
    expect(sent.filter(({ text }) => text.includes('Look at the database.')).length).toBeGreaterThan(0)
  })

  it('goes back to its model when a person speaks while it concludes', async ({ expect }) => {
    const { publication, sent } = await carryOutInMemory((asked) => conclude(asked), {
      news: ({ step }) =>
        step === 'conclude'
          ? [{ seq: 3, kind: 'person', alertId: null, text: 'And the cache?', service: null }]
          : [],
    })
    expect(publication.analyst).toBe('model')
    expect(sent.filter((asked) => !isReview(asked))).toHaveLength(2)
    expect(sent.at(-2)?.text).toContain('And the cache?')
  })

  it('that is sent back says its conclusion again only where it changed', async ({ expect }) => {
    const concluded = async (kind: string, change: (alerts: AlertFacts[]) => void) => {
      const alerts = [...(BROKEN_DEPLOYMENT.alerts ?? [])]
      const { thoughts, checkpoint } = await carryOutInMemory((asked) => conclude(asked), {
        world: { ...BROKEN_DEPLOYMENT, alerts },
        news: ({ step, checkpoint: { concluded: said, returns } }) => {
          if (step !== 'summarise' || said === null || returns > 0) return []
          change(alerts)
          return [{ seq: 4, kind, alertId: null, text: 'Something happened', service: null }]
        },
      })
      expect(checkpoint.returns).toBe(1)
      return thoughts.filter(({ type }) => type === 'conclusion').map(({ content }) => content)
    }
    expect(await concluded('person', () => {})).toHaveLength(1)
    const early = alert(5, { service: 'db', startsAt: at(-600) })
    const [first, second, ...more] = await concluded('joined', (alerts) => void alerts.push(early))
    expect([first === second, typeof second, more]).toEqual([false, 'string', []])
  })
})
