import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { advanceRun } from '../../src/services/runs/advance-run'
import { newId } from '../../src/lib/ids'
import { limitOf } from '../../src/services/runs/assistant'
import { reserveCall } from '../../src/store/llm-ledger'
import { aThread, anExecutor, carryOut } from '../support/executor'
import {
  approve,
  aVendor,
  findings,
  isReview,
  numberOf,
  portsTo,
  submit,
  type Answer,
  type Sent,
} from '../support/fake-model'
import { faultsOf } from '../support/faulty-db'
import { anOutage, leavings, STARTS } from '../support/outage'

// A row as the database gives it.
// oxlint-disable-next-line typescript/no-explicit-any -- a test's own query
type Row = Record<string, any>

const CAUSE = 'The deployment `deploy-checkout` of checkout preceded the first alert.'

const conclude = (sent: Sent, text = CAUSE, over: object = {}): Answer =>
  isReview(sent) ? approve : submit(findings(numberOf(sent, 'recent_changes'), text, over))

async function investigate(
  answer: (sent: Sent, turn: number) => Answer,
  over: Parameters<typeof portsTo>[1] = {},
) {
  const vendor = aVendor(answer)
  const { org, run } = await anOutage()
  const thread = await carryOut(run, { startsAt: STARTS, llm: portsTo(vendor, over) })
  const [row = {}] = await org.rows<Row>(
    "SELECT state, verdict, confidence, analyst, degraded, budget_exhausted, dropped_claims, checkpoint FROM runs WHERE org_id = ? AND kind = 'investigation'",
  )
  const [incident = {}] = await org.rows<Row>('SELECT run_summary FROM incidents WHERE org_id = ?')
  const usage = await org.rows<Row>(
    'SELECT step, iteration, attempt, outcome, input_tokens, cost_usd_micros FROM llm_usage WHERE org_id = ? ORDER BY iteration, attempt',
  )
  const ledger = await org.rows<Row>(
    'SELECT state, input_tokens, output_tokens, cost_micros FROM llm_ledger WHERE org_id = ? ORDER BY iteration, attempt',
  )
  return {
    thread,
    row,
    summary: String(incident.run_summary),
    usage,
    ledger,
  }
}

describe('an investigation with a language model', () => {
  it('pays for every call, and publishes its own claims beside those of the rules', async ({ expect }) => {
    const { row, summary, usage, ledger, thread } = await investigate((asked, turn) =>
      turn === 0
        ? {
            text: 'I look.',
            calls: [{ name: 'recent_incidents', args: { service: 'web', days: 3 } }],
            usage: { input: 900, output: 80, cached: 400 },
          }
        : conclude(asked),
    )
    expect(row).toMatchObject({ state: 'succeeded', analyst: 'model', degraded: null, verdict: 'confirmed' })
    expect(summary).toContain(CAUSE)
    expect(summary).toMatch(/from the model: root cause\.$/)
    // 500 new and 400 kept tokens of input at 1 and 0.1 dollars a million, 80 of output at 10.
    expect(usage.map(({ outcome, cost_usd_micros: micros }) => [outcome, micros])).toEqual([
      ['ok', 1340],
      ['ok', 2000],
      ['ok', 2000],
    ])
    expect(thread.events.filter(({ kind }) => kind === 'usage').at(-1)).toEqual({
      kind: 'usage',
      totalCost: 0.00534,
    })
    expect(ledger.map(({ state, cost_micros: micros }) => [state, micros])).toEqual([
      ['settled', 1340],
      ['settled', 2000],
      ['settled', 2000],
    ])
  })

  it('is that of the rules when the vendor is away; each try is written down, and its text taken back', async ({
    expect,
  }) => {
    const { row, thread, usage } = await investigate(() => ({ text: 'The half of a thought', cutAfter: 3 }))
    expect(row).toMatchObject({
      state: 'succeeded',
      verdict: 'confirmed',
      analyst: 'builtin',
      degraded: 'model_unavailable',
    })
    expect(usage.map(({ outcome, attempt }) => [outcome, attempt])).toEqual(
      [1, 2, 3, 4].map((n) => ['error', n]),
    )
    // Waits of 2, 8 and 30 seconds.
    expect(thread.clock.now).toBeGreaterThanOrEqual(STARTS + 40_000)
    expect(thread.events.filter(({ kind }) => kind === 'restarted')).toHaveLength(4)
    expect(thread.events.filter(({ kind }) => kind === 'end')).toEqual([
      { kind: 'end', outcome: 'completed' },
    ])
  })

  it('is that of the rules when the key of the organisation does not open', async ({ expect }) => {
    const vendor = aVendor((asked) => conclude(asked))
    const { org, run } = await anOutage()
    await env.DB.prepare(
      "INSERT INTO llm_settings (id, org_id, provider, model, base_url, sealed_key, updated_by) VALUES (?1, ?1, 'openai', 'gpt-5', NULL, 'v1.damaged', 'x')",
    )
      .bind(org.orgId)
      .run()
    await carryOut(run, { startsAt: STARTS, llm: portsTo(vendor) })
    expect(
      await org.rows<Row>("SELECT state, degraded FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toEqual([{ state: 'succeeded', degraded: 'model_unavailable' }])
    expect(vendor.sent).toEqual([])
  })
})

describe('budgets', () => {
  const limited = async (
    settings: object,
    answer: (sent: Sent, turn: number) => Answer = (sent) => conclude(sent),
  ) => {
    const vendor = aVendor(answer)
    const { org, run } = await anOutage()
    await env.DB.prepare(
      'INSERT INTO organization_settings (org_id, investigation) VALUES (?1, ?2) ON CONFLICT (org_id) DO UPDATE SET investigation = ?2',
    )
      .bind(org.orgId, JSON.stringify(settings))
      .run()
    await carryOut(run, { startsAt: STARTS, llm: portsTo(vendor) })
    const [row = {}] = await org.rows<Row>(
      "SELECT state, analyst, budget_exhausted FROM runs WHERE org_id = ? AND kind = 'investigation'",
    )
    const [incident = {}] = await org.rows<Row>('SELECT run_summary FROM incidents WHERE org_id = ?')
    const [sums = {}] = await org.rows<Row>(
      'SELECT coalesce(sum(cost_micros), 0) AS micros, coalesce(sum(input_tokens + output_tokens), 0) AS tokens FROM llm_ledger WHERE org_id = ?',
    )
    return { row, summary: String(incident.run_summary), sums, calls: vendor.sent.length, org }
  }

  it('are asked before anything is sent', async ({ expect }) => {
    const { row, summary, calls } = await limited({ maxCostUsdPerDay: 0.001 })
    expect(row).toEqual({ state: 'succeeded', analyst: 'builtin', budget_exhausted: 'model cost a day' })
    expect(calls).toBe(0)
    expect(summary).toContain('The limit of model cost a day was reached')
  })

  it('are named by the first that a call would pass, to the token', ({ expect }) => {
    const need = { inputTokens: 100, outputTokens: 50, costMicros: 500 }
    const caps = {
      inputTokens: 1000,
      outputTokens: 500,
      costMicros: 5000,
      dayMicros: 10_000,
      dayTokens: 3000,
    }
    const free = { held: 1, input: 900, output: 450, micros: 4500, dayMicros: 9500, dayTokens: 2850 }
    const limitWith = (over: object) => limitOf({ ...free, ...over }, need, caps)
    expect(limitWith({ dayMicros: 9501 })).toBe('model cost a day')
    expect(limitWith({ dayTokens: 2851 })).toBe('model tokens a day')
    expect(limitWith({ micros: 4501 })).toBe('model cost')
    expect(limitWith({ input: 901 })).toBe('input tokens')
    expect(limitWith({ output: 451 })).toBe('output tokens')
    expect(limitWith({ held: 0, input: 901 })).toBeNull()
  })

  it('may be used to the last token and the last millionth, and no further', async ({ expect }) => {
    const { org, run } = await anOutage()
    const epoch = 1
    await env.DB.prepare("UPDATE runs SET state = 'running', lease_epoch = 1 WHERE id = ?")
      .bind(run.runId)
      .run()
    const need = { inputTokens: 100, outputTokens: 50, costMicros: 500 }
    const twice = { inputTokens: 200, outputTokens: 100, costMicros: 1000, dayMicros: 1000, dayTokens: 300 }
    const reserve = async (caps: typeof twice) => {
      const [reserved, [standing]] = await reserveCall(org.db, {
        id: newId(),
        lease: { runId: run.runId, epoch },
        position: { step: 'tools', iteration: 1 },
        model: { provider: 'openai', name: 'm' },
        need,
        caps,
        day: 1,
        now: STARTS,
      })
      return reserved.length === 1
        ? 'reserved'
        : standing === undefined
          ? null
          : limitOf(standing, need, caps)
    }
    expect(await reserve(twice)).toBe('reserved')
    for (const [cap, name] of [
      ['inputTokens', 'input tokens'],
      ['outputTokens', 'output tokens'],
      ['costMicros', 'model cost'],
      ['dayMicros', 'model cost a day'],
      ['dayTokens', 'model tokens a day'],
    ] as const)
      expect(await reserve({ ...twice, [cap]: twice[cap] - 1 })).toBe(name)
    expect(await reserve(twice)).toBe('reserved')
    expect(await reserve(twice)).not.toBe('reserved')
  })

  it('end a model that goes on for ever, within every cap', async ({ expect }) => {
    const look: Answer = { calls: [{ name: 'recent_incidents', args: { service: 'web', days: 3 } }] }
    const costly = await limited({ maxCostUsd: 0.3 }, () => ({
      ...look,
      usage: { input: 30_000, output: 900 },
    }))
    expect(costly.row.budget_exhausted).toBe('model cost')
    expect(costly.sums.micros).toBeLessThanOrEqual(300_000)
    expect(costly.calls).toBeGreaterThan(2)
    const wordy = await limited({ maxOutputTokens: 5000 }, () => ({
      ...look,
      usage: { input: 1, output: 2400 },
    }))
    expect(wordy.row.budget_exhausted).toBe('output tokens')
    expect(wordy.calls).toBe(2)
  })
})

describe('a person', () => {
  it('is heard at the next step, in their words and outside the data', async ({ expect }) => {
    const { org, run, incidentId } = await anOutage()
    const vendor = aVendor((sent, turn) =>
      turn === 0
        ? { calls: [{ name: 'recent_incidents', args: { service: 'web', days: 3 } }] }
        : conclude(sent),
    )
    let said = false
    await carryOut(run, {
      startsAt: STARTS,
      llm: portsTo(vendor),
      beforeStep: async () => {
        if (said || vendor.sent.length === 0) return
        said = true
        await env.DB.prepare(
          "INSERT INTO run_context_updates (id, org_id, incident_id, seq, kind, text) VALUES (?1, ?2, ?3, 900, 'person', 'Look at the database first.')",
        )
          .bind(run.runId, org.orgId, incidentId)
          .run()
      },
    })
    const last = vendor.sent.find(({ text }) => text.includes('Look at the database first.'))
    expect(last?.body.messages.filter(({ role }: { role: string }) => role === 'user').at(-1)?.content).toBe(
      'A person of the organisation says: Look at the database first.',
    )
    expect(await org.rows<Row>("SELECT state FROM runs WHERE org_id = ? AND kind = 'investigation'")).toEqual(
      [{ state: 'succeeded' }],
    )
    const thoughts = await org.rows<Row>('SELECT content FROM incident_thoughts WHERE org_id = ?')
    expect(
      thoughts.filter(({ content }) => String(content).includes('Look at the database first.')),
    ).toHaveLength(1)
  })

  it('cancels in the middle of a call: nothing is published, and what the call used is written down', async ({
    expect,
  }) => {
    const { org, run } = await anOutage()
    const stop = new AbortController()
    const vendor = aVendor((sent, turn) => {
      if (turn > 0) return conclude(sent)
      queueMicrotask(() => {
        env.DB.prepare(
          "UPDATE runs SET state = 'cancelled', cancel_requested_at = 1, lease_epoch = lease_epoch + 1 WHERE id = ?",
        )
          .bind(run.runId)
          .run()
          .then(() => stop.abort())
          .catch(() => {})
      })
      return { text: 'I begin', cutAfter: 2, ending: 'silence' }
    })
    const clock = { now: STARTS }
    const executor = { ...anExecutor(run, aThread(), clock, { llm: portsTo(vendor) }), stopped: stop.signal }
    let progress = await advanceRun(executor, run.runId, null)
    while (progress.kind === 'again') progress = await advanceRun(executor, run.runId, progress.held)
    expect(vendor.sent).toHaveLength(1)
    expect(await org.rows<Row>('SELECT outcome, tokens_estimated FROM llm_usage WHERE org_id = ?')).toEqual([
      { outcome: 'aborted', tokens_estimated: 1 },
    ])
    expect(await org.rows<Row>('SELECT run_summary FROM incidents WHERE org_id = ?')).toEqual([
      { run_summary: null },
    ])
  })
})

describe('a crash', () => {
  it('loses no record of the call that was under way, even where no model is left', async ({ expect }) => {
    const { org, run } = await anOutage()
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO llm_ledger (id, org_id, run_id, step, iteration, attempt, day, provider, model_name, input_tokens, output_tokens, cost_micros) VALUES (?1, ?2, ?1, 'tools', 3, 1, 1, 'openai', 'm', 700, 6000, 9)",
      ).bind(run.runId, org.orgId),
      env.DB.prepare('UPDATE runs SET attempt = 1 WHERE id = ?').bind(run.runId),
    ])
    await carryOut(run, { startsAt: STARTS })
    expect(await org.rows<Row>('SELECT state, cost_micros FROM llm_ledger WHERE org_id = ?')).toEqual([
      { state: 'lost', cost_micros: 9 },
    ])
    expect(
      await org.rows<Row>('SELECT outcome, request_type, input_tokens FROM llm_usage WHERE org_id = ?'),
    ).toEqual([{ outcome: 'lost', request_type: 'investigation', input_tokens: 700 }])
  })

  it('repeats no finished turn: the same is left, whichever query fails', async ({ expect }) => {
    const script = (sent: Sent): Answer =>
      sent.body.messages.length === 2 && !isReview(sent)
        ? { text: 'I look.', calls: [{ name: 'recent_incidents', args: { service: 'web', days: 3 } }] }
        : conclude(sent)
    const go = async (fault: ReturnType<typeof faultsOf>[number] | null) => {
      const vendor = aVendor(script)
      const { org, run } = await anOutage()
      const { queries } = await carryOut(run, { startsAt: STARTS, llm: portsTo(vendor), fault })
      const usage = await org.rows<Row>(
        "SELECT step, iteration, outcome FROM llm_usage WHERE org_id = ? AND outcome = 'ok' ORDER BY iteration",
      )
      const open = await org.rows<Row>("SELECT id FROM llm_ledger WHERE org_id = ? AND state = 'reserved'")
      return { left: await leavings(org), usage, open, queries, calls: vendor.sent.length }
    }
    const expected = await go(null)
    expect(expected.calls).toBe(3)
    for (const fault of faultsOf(expected.queries).filter(({ at }) => at % 18 === 5)) {
      const { left, usage, open, calls } = await go(fault)
      expect(left, JSON.stringify(fault)).toEqual(expected.left)
      expect(usage, JSON.stringify(fault)).toEqual(expected.usage)
      expect(open, JSON.stringify(fault)).toEqual([])
      expect(calls).toBeLessThanOrEqual(expected.calls + 1)
    }
  }, 60_000)
})
