import { isStepCount, streamText, type ModelMessage } from 'ai'
import { describe, it } from 'vitest'
import { analyse } from '../../src/agent/analyst/analyse'
import { BuiltinAnalyst } from '../../src/agent/builtin/builtin-analyst'
import {
  chatMessages,
  evidenceMessage,
  investigationMessages,
  toolResultMessage,
  type Prompt,
} from '../../src/agent/builtin/prompt'
import type { EvidenceItem } from '../../src/agent/evidence'
import { findingsFrom, validateFindings } from '../../src/agent/findings'
import { submissionSchema } from '../../src/agent/submission'
import { contextTools, toolSet } from '../../src/agent/tools'
import {
  alert,
  at,
  boundary,
  change,
  contextOf,
  evidenceFrom,
  incident,
  observed,
  past,
  type World,
} from './fakes'

Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

const WORLD: World = {
  alerts: [alert(1), alert(2, { service: 'web-frontend', title: 'SlowPages', startsAt: at(60) })],
  edges: [{ from: 'web-frontend', to: 'checkout-api' }],
  changes: [change(1)],
  payload: { title: 'HighErrorRate' },
  recent: [past(5)],
}

async function oneStep({ instructions, messages }: Prompt, toolChoice: 'auto' | 'none' = 'auto') {
  const result = streamText({
    model: new BuiltinAnalyst(),
    instructions,
    messages,
    tools: toolSet(),
    toolChoice,
    stopWhen: isStepCount(1),
    maxRetries: 0,
    onError: () => undefined,
  })
  const parts: string[] = []
  for await (const part of result.stream) parts.push(part.type)
  const calls = (await result.toolCalls).map((call) => ({
    id: call.toolCallId,
    name: call.toolName,
    args: call.input,
    invalid: call.invalid === true,
  }))
  return {
    parts,
    text: await result.text,
    calls,
    finish: await result.finishReason,
    usage: await result.usage,
    messages: await result.responseMessages,
  }
}

/** The loop of a run in small: one step, its calls, their results, until the findings are there. */
async function investigate(world: World) {
  const evidence: EvidenceItem[] = await contextOf(world)
  const opening = investigationMessages({
    incident: incident(),
    evidence,
    calls: contextTools.map((tool) => tool.name),
    analysis: analyse(evidence),
    boundary,
  })
  const messages: ModelMessage[] = [...opening.messages]
  const turns: Awaited<ReturnType<typeof oneStep>>[] = []
  for (let turn = 0; turn < 6; turn++) {
    const step = await oneStep({ ...opening, messages })
    turns.push(step)
    const submitted = step.calls.find((call) => call.name === 'submit_findings')
    if (submitted !== undefined) return { turns, evidence, submitted }
    const items = []
    for (const call of step.calls) {
      const item = await evidenceFrom(world, call.name, evidence.length + 1, call.args)
      evidence.push(item)
      items.push({ toolCallId: call.id, toolName: call.name, item, boundary })
    }
    messages.push(...step.messages, toolResultMessage(items))
  }
  throw new Error('no findings')
}

describe('the built-in analyst in an investigation', () => {
  it('asks for what the context left open, then submits findings that hold', async ({ expect }) => {
    const { turns, evidence, submitted } = await investigate(WORLD)
    expect(turns.map((turn) => turn.calls.map((call) => call.name))).toEqual([
      ['alert_history', 'get_alert_payload', 'recent_incidents', 'find_runbook'],
      ['submit_findings'],
    ])
    expect(turns[0]?.text).toBe(
      '2 alerts on 2 services since 2026-01-01 10:02:30 UTC, 2 still open. checkout-api was first with HighErrorRate. Then came web-frontend, within 60 s. Deployment `deploy/checkout-api#1042` of checkout-api ended with FAILURE 4 minutes (240 s) before the first alert. Next I look at how often this alert fired before, what its sender said in full, what else happened to checkout-api lately and whether there is a runbook for it.',
    )
    expect(turns[1]?.text).toContain('checkout-api had 1 other incident in 7 days: HighErrorRate.')
    expect(turns[1]?.text).toContain('Verdict confirmed with confidence 0.9, mechanism bad change.')
    expect(submitted.invalid).toBe(false)
    const { findings, dropped } = validateFindings(
      findingsFrom(submissionSchema.parse(submitted.args), 'rules'),
      evidence,
    )
    expect(dropped).toEqual([])
    expect(findings).toEqual(validateFindings(analyse(evidence).findings, evidence).findings)
  })

  it('looks like any other model: streamed parts, a finish reason, no cost', async ({ expect }) => {
    const evidence = await contextOf(WORLD)
    const prompt = investigationMessages({
      incident: incident(),
      evidence,
      calls: [],
      analysis: null,
      boundary,
    })
    const step = await oneStep(prompt)
    expect(step.finish).toBe('tool-calls')
    expect(step.parts).not.toContain('error')
    expect(step.parts.filter((part) => part === 'text-delta').length).toBeGreaterThan(1)
    expect(step.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 })
    const model = new BuiltinAnalyst()
    expect([model.provider, model.modelId]).toEqual(['builtin', 'builtin-analyst'])
  })

  it('says the same when a step is repeated', async ({ expect }) => {
    const prompt = investigationMessages({
      incident: incident(),
      evidence: await contextOf(WORLD),
      calls: [],
      analysis: null,
      boundary,
    })
    const [once, twice] = [await oneStep(prompt), await oneStep(prompt)]
    expect([twice.text, twice.calls]).toEqual([once.text, once.calls])
  })

  it('begins with the context itself when none was handed in', async ({ expect }) => {
    const step = await oneStep(
      investigationMessages({ incident: incident(), evidence: [], calls: [], analysis: null, boundary }),
    )
    expect(step.calls.map((call) => call.name)).toEqual(contextTools.map((tool) => tool.name))
  })

  it('submits at once when no further call is allowed', async ({ expect }) => {
    const evidence = await contextOf(WORLD)
    const calls = [
      'alert_history',
      'get_alert_payload',
      'recent_incidents',
      'find_runbook',
      ...contextTools.map((tool) => tool.name),
    ]
    const step = await oneStep(
      investigationMessages({ incident: incident(), evidence, calls, analysis: null, boundary }),
    )
    expect(step.calls.map((call) => call.name)).toEqual(['submit_findings'])
    const silent = await oneStep(
      investigationMessages({ incident: incident(), evidence, calls, analysis: null, boundary }),
      'none',
    )
    expect(silent.calls).toEqual([])
    expect(silent.finish).toBe('stop')
  })

  it('takes evidence into account that arrives in between', async ({ expect }) => {
    const evidence = await contextOf({})
    const calls = [
      'alert_history',
      'get_alert_payload',
      'recent_incidents',
      'find_runbook',
      ...contextTools.map((tool) => tool.name),
    ]
    const opening = investigationMessages({ incident: incident(), evidence, calls, analysis: null, boundary })
    const late = observed(7, 'loki_query_range', {
      shape: 'logs',
      service: 'checkout-api',
      templates: [{ id: 'a', template: 'fatal: no space left on device', incident: 60, baseline: 0 }],
    })
    const step = await oneStep({
      ...opening,
      messages: [...opening.messages, evidenceMessage([late], boundary)],
    })
    expect(step.text).toContain('mechanism disk full')
  })

  it('generates without streaming, too', async ({ expect }) => {
    const result = await new BuiltinAnalyst().doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
    })
    expect(result.content).toEqual([
      { type: 'text', text: 'I was given no incident, so there is nothing I can say about one.' },
    ])
    expect(result.finishReason.unified).toBe('stop')
  })

  it('stops when it is told to', async ({ expect }) => {
    const { stream } = await new BuiltinAnalyst().doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      abortSignal: AbortSignal.abort(new Error('cancelled')),
    })
    await expect(stream.getReader().read()).rejects.toThrow('cancelled')
  })
})

describe('the prompt', () => {
  it('holds nothing from outside but inside the fence', async ({ expect }) => {
    const attack = 'zzyzx says hello'
    const world = { alerts: [alert(1, { title: attack, description: attack, labels: { [attack]: attack } })] }
    const evidence = await contextOf(world)
    const facts = incident({ title: attack, service: attack })
    const prompts = [
      investigationMessages({ incident: facts, evidence, calls: [], analysis: analyse(evidence), boundary }),
      chatMessages({
        incident: facts,
        evidence,
        summary: attack,
        suggestions: [],
        history: [],
        question: 'Why?',
        boundary,
      }),
    ]
    for (const { instructions, messages } of prompts) {
      expect(instructions).not.toContain('zzyzx')
      expect(messages.every((message) => message.role === 'user')).toBe(true)
      const text = messages
        .flatMap((message) =>
          typeof message.content === 'string'
            ? [message.content]
            : message.content.map((part) => (part.type === 'text' ? part.text : '')),
        )
        .join('\n')
      expect(text).toContain('zzyzx')
      expect(
        text.replaceAll(new RegExp(`<<<data ${boundary}\n[^\n]*\n${boundary} end>>>`, 'g'), ''),
      ).not.toContain('zzyzx')
    }
  })

  it('demands what an investigation needs', async ({ expect }) => {
    const { instructions } = investigationMessages({
      incident: incident(),
      evidence: [],
      calls: [],
      analysis: null,
      boundary,
    })
    for (const demand of [
      'hypotheses',
      'disprove',
      'No claim without evidence',
      'could not check',
      'Never repeat a call',
      'submit_findings',
    ]) {
      expect(instructions).toContain(demand)
    }
  })
})

describe('the built-in analyst in a conversation', () => {
  const ask = async (
    question: string,
    world: World = WORLD,
    over: Parameters<typeof incident>[0] = {},
  ): Promise<string> => {
    const evidence = await contextOf(world)
    const history = [
      { role: 'user' as const, text: 'What changed?' },
      { role: 'assistant' as const, text: 'A deployment.' },
    ]
    const step = await oneStep(
      chatMessages({
        incident: incident(over),
        evidence,
        summary: '',
        suggestions: [],
        history,
        question,
        boundary,
      }),
    )
    expect_no_calls(step.calls)
    return step.text
  }
  const expect_no_calls = (calls: readonly unknown[]): void => {
    if (calls.length > 0) throw new Error('a conversation calls no tools')
  }

  it('tells the cause with its evidence', async ({ expect }) => {
    expect(await ask('Why did this happen?')).toBe(
      [
        '**Cause: deployment deploy/checkout-api#1042 of checkout-api ended with FAILURE 4 minutes (240 s) before the first alert.** (confirmed, confidence 0.9)',
        'Deployment `deploy/checkout-api#1042` of checkout-api ended with FAILURE 4 minutes (240 s) before the first alert. [2] It carried commit `9f8c1d2e4b7a` of acme/checkout-api, branch main, started by dana. [2] checkout-api alerted first, and the other alerting service depends on it. [1, 3]',
      ].join('\n\n'),
    )
    expect(await ask('What is the root cause?', {})).toContain('undetermined')
  })

  it('tells the course of events', async ({ expect }) => {
    expect(await ask('Show me the timeline')).toBe(
      [
        'It began at 2026-01-01 10:02:30 UTC with 2 alerts in all [1].',
        '',
        '- 09:58:30 UTC: deployment `deploy/checkout-api#1042` of checkout-api ended with FAILURE [2]',
        '- 10:02:30 UTC: HighErrorRate fired on checkout-api (critical) [1]',
        '- 10:03:30 UTC: SlowPages fired on web-frontend (critical) [1]',
      ].join('\n'),
    )
    expect(await ask('What happened?')).toContain('checkout-api fired HighErrorRate first')
  })

  it('tells what changed, and honestly when nothing is known', async ({ expect }) => {
    expect(await ask('What changed before this?')).toBe(
      '- Deployment `deploy/checkout-api#1042` of checkout-api ended with FAILURE at 09:58:30 UTC, 4 minutes (240 s) before the first alert, commit 9f8c1d2e4b7a, by dana [2]',
    )
    expect(await ask('Any recent deploys?', {})).toBe(
      'No change source has reported anything, so I cannot tell what changed.',
    )
  })

  it('tells who is affected, what to do and whether it is over', async ({ expect }) => {
    expect(await ask('Who is affected?')).toContain(
      'One service that depends on checkout-api is alerting in production: web-frontend. [1, 3]',
    )
    expect(await ask('What should I do next?')).toContain(
      '1. **Roll checkout-api back to the build before 1042** (risk medium)',
    )
    expect(await ask('Is it resolved?')).toContain('No. The incident is investigating.')
    expect(await ask('Is it resolved?', WORLD, { status: 'resolved', resolvedAt: at(600) })).toBe(
      'Yes. The incident was resolved at 2026-01-01 10:12:30 UTC, 10 minutes after the first alert [1].',
    )
  })

  it('tells of precedents', async ({ expect }) => {
    expect(await ask('Have we seen this before?', { ...WORLD, past: [past(1)] })).toContain(
      '2025-12-12: HighErrorRate (same alert), put down to bad change on checkout-api; that analysis was marked as helpful [4]',
    )
    expect(await ask('Have we seen this before?')).toMatch(/^Not as far as/)
  })

  it('says what it cannot tell', async ({ expect }) => {
    const answer = await ask('Which SQL index would help?')
    expect(answer).toMatch(/^I cannot tell that without a language model/)
    expect(answer).toContain('- what changed before it')
  })

  it('cites only evidence that exists', async ({ expect }) => {
    for (const question of [
      'What happened?',
      'Why?',
      'What changed?',
      'Who is affected?',
      'Is it resolved?',
      'timeline',
    ]) {
      const cited = [...(await ask(question)).matchAll(/\[(\d+(?:, \d+)*)\]/g)].flatMap((match) =>
        match[1]!.split(', ').map(Number),
      )
      expect(cited.length).toBeGreaterThan(0)
      expect(cited.every((number) => number >= 1 && number <= 3)).toBe(true)
    }
  })
})
