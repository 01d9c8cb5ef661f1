import { describe, it } from 'vitest'
import { env } from 'cloudflare:workers'
import { MINUTE, SECOND } from '../../src/lib/time'
import {
  claimWithPermit,
  inOrder,
  nextChance,
  startable,
  startableRuns,
  type Waiting,
} from '../../src/services/runs/permits'
import { aCorrelation, at, T } from '../support/alerts'

const limits = { maxConcurrentRuns: 3, startsPer5Min: 5 }
const waiting = (id: string, changed: Partial<Waiting> = {}): Waiting => ({
  id,
  trigger: 'opened',
  createdAt: T,
  notBefore: null,
  severity: 'medium',
  ...changed,
})
const idsOf = (runs: readonly Waiting[]) => runs.map(({ id }) => id)

describe('the line of waiting investigations', () => {
  it('puts the graver first, then the older, and nobody starves', ({ expect }) => {
    const line = [
      waiting('low', { severity: 'low' }),
      waiting('critical', { severity: 'critical', createdAt: at(1) }),
      waiting('unknown, but for long', { severity: 'unknown', createdAt: T - 50 * MINUTE }),
      waiting('medium'),
      waiting('older medium', { createdAt: T - 1 }),
    ]
    expect(idsOf(inOrder(line, at(1)))).toEqual([
      'unknown, but for long',
      'critical',
      'older medium',
      'medium',
      'low',
    ])
  })

  it('lets as many start as both limits allow; those asked for by hand count for the first only', ({
    expect,
  }) => {
    const line = Array.from({ length: 9 }, (_, n) => waiting(`${n}`))
    const starts = [T - MINUTE, T - MINUTE, T - MINUTE, T - MINUTE]
    expect(idsOf(startable(line, { running: 0, starts: [], limits }, T))).toEqual(['0', '1', '2'])
    expect(idsOf(startable(line, { running: 1, starts, limits }, T))).toEqual(['0'])
    expect(startable(line, { running: 3, starts: [], limits }, T)).toEqual([])
    const manual = waiting('by hand', { trigger: 'manual', severity: 'critical' })
    expect(idsOf(startable([...line, manual], { running: 1, starts: [...starts, T], limits }, T))).toEqual([
      'by hand',
    ])
  })

  it('tells each when it can hope to start: no earlier than ten seconds, later the more are before it', ({
    expect,
  }) => {
    const starts = [1, 2, 3, 4, 5].map((minute) => T - 5 * MINUTE + minute * MINUTE)
    expect(nextChance({ running: 3, starts: [], limits }, 0, T)).toBe(T + 10 * SECOND)
    expect(nextChance({ running: 0, starts, limits }, 0, T)).toBe(T + MINUTE)
    expect(nextChance({ running: 0, starts, limits }, 4, T)).toBe(T + 5 * MINUTE)
    expect(nextChance({ running: 0, starts, limits }, 5, T)).toBe(T + 6 * MINUTE)
  })
})

describe('a storm of incidents', () => {
  it('is investigated to its last one, the gravest first, and never above the limits', ({ expect }) => {
    const severities = ['low', 'medium', 'high', 'critical'] as const
    let line = Array.from({ length: 300 }, (_, n) =>
      waiting(`${n}`, { severity: severities[n % 4] ?? 'low', createdAt: at(n / 10) }),
    )
    const started: { readonly id: string; readonly at: number }[] = []
    for (let now = at(30); line.length > 0; now += 20 * SECOND) {
      const standing = {
        running: started.filter((run) => run.at > now - 40 * SECOND).length,
        starts: started.filter((run) => run.at > now - 5 * MINUTE).map((run) => run.at),
        limits,
      }
      const begin = startable(line, standing, now)
      expect(standing.running + begin.length).toBeLessThanOrEqual(limits.maxConcurrentRuns)
      expect(standing.starts.length + begin.length).toBeLessThanOrEqual(limits.startsPer5Min)
      started.push(...begin.map(({ id }) => ({ id, at: now })))
      line = line.filter((run) => !begin.includes(run))
      // Who must wait is told a time that is neither past nor beyond hope.
      const chance = nextChance(standing, line.length, now)
      expect(chance).toBeGreaterThan(now)
      expect(chance).toBeLessThanOrEqual(now + (line.length / limits.startsPer5Min + 2) * 5 * MINUTE)
    }
    expect(new Set(started.map(({ id }) => id)).size).toBe(300)
    expect(started.slice(0, 5).every(({ id }) => Number(id) % 4 === 3)).toBe(true)
  })
})

describe('fifty incidents at once', () => {
  it('are all investigated, the critical ones first, never above the limits', async ({ expect }) => {
    const org = await aCorrelation()
    const runs = []
    for (let n = 0; n < 50; n++) {
      const severity = n % 5 === 4 ? ('critical' as const) : ('medium' as const)
      const { runIds } = await org.send({ dedupKey: `${n}`, service: `service-${n}`, severity })
      runs.push({ id: runIds[0]?.id ?? '', severity, dueAt: T })
    }
    const end = (id: string, now: number) =>
      env.DB.prepare(
        "UPDATE runs SET state = 'succeeded', ended_at = ?2, lease_expires_at = NULL WHERE id = ?1",
      )
        .bind(id, now)
        .run()
    const started: { id: string; severity: string; at: number }[] = []
    let claims = 0
    let running: { id: string; until: number }[] = []
    for (let now = T; started.length < 50 && now < T + 120 * MINUTE; now += 5 * SECOND) {
      for (const over of running.filter(({ until }) => until <= now)) await end(over.id, now)
      const woken = new Set(running.some(({ until }) => until <= now) ? await startableRuns(org.db, now) : [])
      running = running.filter(({ until }) => until > now)
      for (const run of runs.filter(({ id, dueAt }) => woken.has(id) || dueAt <= now)) {
        claims++
        const claim = await claimWithPermit(org.db, run.id, 'room', now)
        if (claim.kind === 'wait') run.dueAt = claim.until
        if (claim.kind !== 'held') continue
        run.dueAt = Number.POSITIVE_INFINITY
        started.push({ id: run.id, severity: run.severity, at: now })
        running.push({ id: run.id, until: now + 40 * SECOND })
        expect(running.length).toBeLessThanOrEqual(3)
      }
    }
    expect(new Set(started.map(({ id }) => id)).size).toBe(50)
    expect(started.slice(0, 10).every(({ severity }) => severity === 'critical')).toBe(true)
    for (const { at: from } of started)
      expect(
        started.filter(({ at: when }) => when >= from && when < from + 5 * MINUTE).length,
      ).toBeLessThanOrEqual(5)
    expect(started.at(-1)?.at).toBeLessThan(T + 50 * MINUTE)
    expect(claims).toBeLessThan(400)
  })

  it('that end within their start delay are not investigated', async ({ expect }) => {
    const org = await aCorrelation()
    const { runIds } = await org.send({}, T, { startDelaySeconds: 60 })
    const id = runIds[0]?.id ?? ''
    expect(await claimWithPermit(org.db, id, 'room', at(1))).toEqual({ kind: 'wait', until: at(60) })
    await org.send({ state: 'resolved', eventTime: at(30) })
    expect(await claimWithPermit(org.db, id, 'room', at(61))).toEqual({ kind: 'over' })
    expect(
      await org.rows("SELECT state, error_code FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toEqual([{ state: 'cancelled', error_code: 'resolved_before_start' }])
    expect(await org.rows('SELECT active_run_id FROM chat_sessions WHERE org_id = ?')).toEqual([
      { active_run_id: null },
    ])
    expect(
      await org.rows(
        "SELECT done_at IS NOT NULL AS done FROM outbox WHERE org_id = ? AND dedupe_key = 'run:' || json_extract(payload, '$.runId') AND json_extract(payload, '$.runId') = (SELECT id FROM runs WHERE kind = 'investigation' AND org_id = outbox.org_id)",
      ),
    ).toEqual([{ done: 1 }])
  })
})
