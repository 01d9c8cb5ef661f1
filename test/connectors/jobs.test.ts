import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import type { Connector } from '../../src/connectors/connector'
import type { JobProgress } from '../../src/connectors/job'
import { ok, type Outcome } from '../../src/connectors/outcome'
import { showJob } from '../../src/http/answers/connector-jobs'
import { advanceJob } from '../../src/services/connectors/advance-job'
import { readJob } from '../../src/services/connectors/read-job'
import { startJob } from '../../src/services/connectors/start-job'
import { tendConnections } from '../../src/services/connectors/tend'
import { ConnectionDispatch } from '../../src/store/connection-dispatch'
import { selectionsOf } from '../../src/store/connections'
import { someone } from './deployment'
import { idp } from './idp'
import { anIdpConnection } from './idp-connection'

type Step = Connector['jobs'][string]['steps'][number]

/** A connection on a deployment whose provider has these steps, and the job over them. */
async function aJob(steps: readonly Step[] = idp.jobs['setup']?.steps ?? []) {
  const made = await anIdpConnection({
    ...idp,
    jobs: { setup: { texts: { pending: 'Starting', started: 'Started' }, steps } },
  })
  const { ports, ctx, connection } = made
  const id = await startJob(ctx.db, ports, connection, 'setup', {
    userId: ctx.actor.userId,
    now: ctx.now,
    input: { wish: 1 },
  })
  return {
    ...made,
    id,
    advance: () => advanceJob(ctx.db, ports, id),
    read: async () => readJob(ctx, ports, id),
  }
}

const forget = (id: string) =>
  env.DB.prepare('UPDATE connector_jobs SET lease_until = 1 WHERE id = ?').bind(id).run()

describe('a job', () => {
  it('goes step by step, with progress that people see, and sends itself on', async ({ expect }) => {
    const { jobs, id, advance, read, ctx, connection } = await aJob()
    expect(showJob(await read())).toEqual({
      state: 'PENDING',
      status: 'Starting setup',
      complete: false,
      progress: 0,
    })
    expect(jobs).toEqual([id])
    await advance()
    expect(jobs).toEqual([id, id])
    expect(showJob(await read())).toEqual({
      state: 'PROGRESS',
      status: 'Looked',
      complete: false,
      progress: 40,
      step: 1,
      total_steps: 2,
      propagation: null,
    })
    await advance()
    expect(showJob(await read())).toEqual({
      state: 'SUCCESS',
      status: 'Setup completed',
      complete: true,
      result: { status: 'SUCCESS', seen: 1 },
    })
    expect(await selectionsOf(ctx.db, [connection.id])).toMatchObject([{ resourceId: 'p1', isRoot: true }])
    expect(jobs).toEqual([id, id])
  })

  it('runs each step once under duplicate messages, and none after its end', async ({ expect }) => {
    let runs = 0
    const step: Step = async () => ok({ next: 'step', status: `run ${++runs}` })
    const { advance, read } = await aJob([step])
    await Promise.all([advance(), advance(), advance()])
    await advance()
    expect([runs, (await read()).state]).toEqual([1, 'SUCCESS'])
  })

  it('takes up at its checkpoint after a crash in any step', async ({ expect }) => {
    const ran: number[] = []
    let crash = true
    const step =
      (n: number): Step =>
      async (_ctx, _access, _details, job) => {
        ran.push(n)
        if (crash && n === 1) throw new Error('the process died')
        return ok<JobProgress>({
          next: 'step',
          memory: { ...job.memory, [`s${n}`]: true },
          ...(n === 2 ? { result: job.memory } : {}),
        })
      }
    const { advance, read, id } = await aJob([step(0), step(1), step(2)])
    await advance()
    await expect(advance()).rejects.toThrow('the process died')
    crash = false
    await advance()
    expect(ran).toEqual([0, 1])
    await forget(id)
    await advance()
    await advance()
    expect(ran).toEqual([0, 1, 1, 2])
    expect(showJob(await read())).toMatchObject({ state: 'SUCCESS', result: { s0: true, s1: true } })
  })

  it('tries five times when the vendor is in trouble, and leaves the connection alone', async ({
    expect,
  }) => {
    const troubled: Step = async (): Promise<Outcome<JobProgress>> => ({ kind: 'vendor_error' })
    const { advance, read, ctx, connection } = await aJob([troubled])
    for (let tries = 1; tries <= 4; tries++) expect(await advance()).toMatchObject({ kind: 'again' })
    expect(await advance()).toEqual({ kind: 'done' })
    expect(showJob(await read())).toEqual({
      state: 'FAILURE',
      status: 'The provider could not be reached',
      complete: true,
      error: true,
      code: 'upstream_error',
    })
    const row = await env.DB.prepare('SELECT status FROM connections WHERE id = ?')
      .bind(connection.id)
      .first()
    expect([row, ctx.actor.orgId.length]).toEqual([{ status: 'connected' }, 36])
  })

  it('is found by nobody of another organisation', async ({ expect }) => {
    const { ports, id } = await aJob()
    await expect(readJob(await someone('admin'), ports, id)).rejects.toMatchObject({
      code: 'not_found',
      message: 'Task not found',
    })
  })

  it('whose message was lost is sent again by the sweep', async ({ expect }) => {
    const { ports, jobs, id } = await aJob()
    await tendConnections(ports, new ConnectionDispatch(env.DB), Date.now() + 61_000)
    expect(jobs.filter((sent) => sent === id)).toHaveLength(2)
  })
})

describe('the sweep', () => {
  it('has connections confirmed that nobody looked at for six hours', async ({ expect }) => {
    const { ports, ctx, connection, vendor } = await aJob()
    const old = Date.now() - 7 * 3_600_000
    await env.DB.prepare('UPDATE connections SET last_verified_at = ?1, checked_at = ?1 WHERE id = ?2')
      .bind(old, connection.id)
      .run()
    await tendConnections(ports, new ConnectionDispatch(env.DB), Date.now())
    const job = await env.DB.prepare("SELECT id FROM connector_jobs WHERE org_id = ? AND kind = 'revalidate'")
      .bind(ctx.actor.orgId)
      .first<{ id: string }>()
    await advanceJob(ctx.db, ports, job?.id ?? '')
    const row = await env.DB.prepare('SELECT last_verified_at AS at FROM connections WHERE id = ?')
      .bind(connection.id)
      .first<{ at: number }>()
    expect(row?.at).toBeGreaterThan(old)
    expect(vendor.counts.token).toBe(1)
  })
})
