import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { MINUTE } from '../../src/lib/time'
import { cancelSession } from '../../src/services/cancel-run'
import { startInvestigation } from '../../src/services/investigations'
import { advanceRun } from '../../src/services/runs/advance-run'
import { at, T } from '../support/alerts'
import { aThread, anExecutor, carryOut } from '../support/executor'
import { aVendor, portsTo } from '../support/fake-model'
import { faultsOf } from '../support/faulty-db'
import { anOutage, leavings, STARTS } from '../support/outage'
import { caller } from '../support/receivers'

const endsOf = ({ events }: { readonly events: readonly { readonly kind: string }[] }) =>
  events.filter(({ kind }) => kind === 'end')

describe('an investigation', () => {
  it('leaves cited findings, a summary and one END', async ({ expect }) => {
    const { org, run } = await anOutage()
    const thread = await carryOut(run, { startsAt: STARTS })
    const left = await leavings(org)
    expect(left.runs).toEqual([
      { state: 'succeeded', step: 'notify', verdict: 'confirmed', error_code: null },
    ])
    expect(left.incident).toMatchObject([{ status: 'analyzed', aurora_status: 'complete' }])
    expect(left.incident[0].run_summary).toMatch(/1042.*\[\d/)
    expect(left.evidence.some(({ cited }: { cited: number }) => cited === 1)).toBe(true)
    expect(left.session).toEqual([
      { status: 'completed', message_count: left.messages.length, active_run_id: null },
    ])
    expect(left.outbox).toEqual([])
    expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: 'completed' }])
    expect(thread.queries).toBeLessThan(60)
    const thoughts: readonly string[] = left.thoughts.map(({ content }: { content: string }) => content)
    const repeated = thoughts.filter((one, place) =>
      thoughts.slice(0, place).some((earlier) => earlier.includes(one)),
    )
    expect(repeated).toEqual([])
  })

  it('leaves the same, whichever query fails and whoever goes on', async ({ expect }) => {
    const reference = await anOutage()
    const { queries } = await carryOut(reference.run, { startsAt: STARTS })
    const expected = await leavings(reference.org)
    // All of them take half a minute: every fifth will do, and the last commit in any case.
    for (const fault of faultsOf(queries).filter(({ at: n }) => n % 5 === 1 || n === queries)) {
      // Another object has to wait for the lease, and then does the same: a few of its ways will do.
      const successor = fault.at % 10 === 1 ? 'other' : 'same'
      const { org, run } = await anOutage()
      const thread = await carryOut(run, { startsAt: STARTS, fault, successor })
      expect(await leavings(org), `${successor} ${JSON.stringify(fault)}`).toEqual(expected)
      expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: 'completed' }])
    }
  }, 60_000)

  it('is written by one of two executors, whatever their turns', async ({ expect }) => {
    const reference = await anOutage()
    await carryOut(reference.run, { startsAt: STARTS })
    const { org, run } = await anOutage()
    const thread = aThread()
    const clock = { now: STARTS }
    const first = anExecutor(run, thread, clock, { owner: 'first' })
    const taken = await advanceRun(first, run.runId, null)
    if (taken.kind !== 'again' || taken.held === null) throw new Error('not taken')
    const second = anExecutor(run, aThread(), clock, { owner: 'second' })
    expect(await advanceRun(second, run.runId, null)).toMatchObject({ kind: 'again', held: null })
    clock.now += 61_000
    const overtaken = await advanceRun(second, run.runId, null)
    const evidence = await org.rows('SELECT id FROM evidence WHERE org_id = ?')
    const thoughts = await org.rows('SELECT id FROM incident_thoughts WHERE org_id = ?')
    expect(await advanceRun(first, run.runId, taken.held)).toMatchObject({ kind: 'again', held: null })
    expect(await org.rows('SELECT id FROM evidence WHERE org_id = ?')).toEqual(evidence)
    expect(await org.rows('SELECT id FROM incident_thoughts WHERE org_id = ?')).toEqual(thoughts)
    let progress = overtaken
    while (progress.kind === 'again') progress = await advanceRun(second, run.runId, progress.held)
    expect(await leavings(org)).toEqual(await leavings(reference.org))
    expect(await advanceRun(first, run.runId, null)).toEqual({ kind: 'over' })
  })

  it('fails after five claims without progress', async ({ expect }) => {
    const { org, run } = await anOutage()
    const clock = { now: STARTS }
    const thread = aThread()
    const claims = Array.from({ length: 5 })
    for (const _ of claims)
      await env.DB.prepare(
        "UPDATE runs SET state = 'leased', lease_epoch = lease_epoch + 1, stalled_claims = stalled_claims + 1, started_at = ?2, lease_owner = 'gone', lease_expires_at = ?2 WHERE id = ?1",
      )
        .bind(run.runId, T)
        .run()
    expect(await advanceRun(anExecutor(run, thread, clock), run.runId, null)).toEqual({ kind: 'over' })
    expect(
      await org.rows(
        "SELECT state, error_code, error_detail FROM runs WHERE org_id = ? AND kind = 'investigation'",
      ),
    ).toEqual([{ state: 'failed', error_code: 'internal', error_detail: 'no_progress' }])
    expect(await org.rows('SELECT status, aurora_status FROM incidents WHERE org_id = ?')).toEqual([
      { status: 'investigating', aurora_status: 'error' },
    ])
    expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: 'failed' }])
  })

  it('times out 1,860 seconds after it began', async ({ expect }) => {
    const { org, run } = await anOutage()
    const clock = { now: STARTS }
    const thread = aThread()
    await advanceRun(anExecutor(run, thread, clock), run.runId, null)
    clock.now += 31 * MINUTE + 1
    expect(await advanceRun(anExecutor(run, thread, clock), run.runId, null)).toEqual({ kind: 'over' })
    expect(
      await org.rows("SELECT state, error_code FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toEqual([{ state: 'timeout', error_code: 'timeout' }])
    expect(await org.rows('SELECT status, active_run_id FROM chat_sessions WHERE org_id = ?')).toEqual([
      { status: 'failed', active_run_id: null },
    ])
    expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: 'timeout' }])
  })

  it('leaves a resolved incident resolved, in whichever step that happens', async ({ expect }) => {
    for (let when = 0; when < 8; when++) {
      const { org, run, incidentId } = await anOutage()
      await carryOut(run, {
        startsAt: STARTS,
        beforeStep: async (step) => {
          if (step === when)
            await env.DB.prepare(
              "UPDATE incidents SET status = 'resolved', resolved_at = ?2, version = version + 1 WHERE id = ?1",
            )
              .bind(incidentId, at(130))
              .run()
        },
      })
      expect(
        await org.rows(
          'SELECT status, aurora_status, run_summary IS NOT NULL AS summary FROM incidents WHERE org_id = ?',
        ),
      ).toEqual([{ status: 'resolved', aurora_status: 'complete', summary: 1 }])
    }
  })

  it('publishes nothing on a merged incident, in whichever step that happens', async ({ expect }) => {
    for (let when = 1; when < 7; when++) {
      const { org, run, incidentId } = await anOutage()
      const thread = await carryOut(run, {
        startsAt: STARTS,
        beforeStep: async (step) => {
          if (step === when)
            await env.DB.prepare("UPDATE incidents SET status = 'merged', version = version + 1 WHERE id = ?")
              .bind(incidentId)
              .run()
        },
      })
      const left = await leavings(org)
      expect(left.incident).toMatchObject([
        { status: 'merged', aurora_status: 'complete', run_summary: null },
      ])
      expect(left.runs).toMatchObject([{ state: 'cancelled', error_code: 'incident_merged' }])
      expect(left.suggestions).toEqual([])
      expect(left.session).toMatchObject([{ active_run_id: null, status: 'completed' }])
      expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: 'cancelled' }])
    }
  })

  it('that a person cancels publishes nothing, in whichever step that happens; after its end it is too late', async ({
    expect,
  }) => {
    const outcomes = new Set<string>()
    for (let when = 0; when < 12; when++) {
      const { org, run } = await anOutage()
      const ctx = caller(run.orgId, STARTS)
      const cancel = () => cancelSession(ctx, run.sessionId)
      let answers: readonly string[] = []
      const thread = await carryOut(run, {
        startsAt: STARTS,
        beforeStep: async (step) => {
          if (step === when) answers = [await cancel(), await cancel()]
        },
      })
      if (answers.length === 0) answers = [await cancel()]
      const left = await leavings(org)
      const [{ state } = { state: '' }]: readonly { state: string }[] = left.runs
      outcomes.add(state)
      const isCancelled = state === 'cancelled'
      expect(answers).toEqual(isCancelled ? ['cancelled', 'idle'] : ['idle'])
      expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: isCancelled ? 'cancelled' : 'completed' }])
      expect([left.incident[0].run_summary === null, left.suggestions.length === 0]).toEqual([
        isCancelled,
        isCancelled,
      ])
      expect(left.session).toMatchObject([{ status: 'completed', active_run_id: null }])
      if (!isCancelled) break
    }
    expect([...outcomes]).toEqual(['cancelled', 'succeeded'])
  })

  it('shows on its incident what the newest one that began came to', async ({ expect }) => {
    const { org, run, incidentId } = await anOutage()
    const clock = { now: STARTS }
    const shown = async () =>
      (await org.one<{ shown: string }>('SELECT aurora_status AS shown FROM incidents WHERE org_id = ?'))
        .shown
    const again = async (): Promise<string> => {
      clock.now += MINUTE
      return startInvestigation(caller(org.orgId, clock.now), incidentId, {})
    }
    const states = [await shown()]
    await advanceRun(anExecutor(run, aThread(), clock), run.runId, null)
    states.push(await shown())
    await carryOut(run, { startsAt: clock.now })
    states.push(await shown())
    // What an earlier one achieved is shown while the next one waits, and when it is cancelled.
    const cancelled = await again()
    states.push(await shown())
    await cancelSession(caller(org.orgId, clock.now), run.sessionId)
    states.push(await shown())
    const late = await again()
    await advanceRun(anExecutor(run, aThread(), clock), late, null)
    clock.now += 31 * MINUTE + 1
    await advanceRun(anExecutor(run, aThread(), clock), late, null)
    states.push(await shown())
    expect(states).toEqual(['idle', 'running', 'complete', 'complete', 'complete', 'error'])
    expect(cancelled).not.toBe(late)
  })

  it('calls no language model where none is configured', async ({ expect }) => {
    const vendor = aVendor(() => ({ text: 'Somebody called.' }))
    const { org, run } = await anOutage()
    await carryOut(run, { startsAt: STARTS, llm: portsTo(vendor, null) })
    expect(vendor.sent).toEqual([])
    expect(
      await org.rows("SELECT analyst, degraded FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toEqual([{ analyst: 'builtin', degraded: null }])
    expect(await org.rows('SELECT id FROM llm_usage WHERE org_id = ?')).toEqual([])
  })

  it('takes up what joins meanwhile, once', async ({ expect }) => {
    for (let when = 1; when < 8; when++) {
      const { org, run } = await anOutage()
      await carryOut(run, {
        startsAt: STARTS,
        beforeStep: async (step) => {
          if (step === when)
            await org.send({ dedupKey: `late`, title: 'Queue of checkout grows', eventTime: at(125) })
        },
      })
      const told = await org.rows<{ content: string }>(
        "SELECT content FROM incident_thoughts WHERE org_id = ? AND content LIKE '%Queue of checkout grows%'",
      )
      const updates = await org.rows(
        "SELECT id FROM evidence WHERE org_id = ? AND tool = 'context_update' AND output LIKE '%Queue of checkout grows%'",
      )
      expect(updates, `before step ${when}`).toHaveLength(1)
      expect(told.length, `before step ${when}`).toBeGreaterThanOrEqual(1)
      expect(await org.rows("SELECT state FROM runs WHERE org_id = ? AND kind = 'investigation'")).toEqual([
        { state: 'succeeded' },
      ])
    }
  })
})
