import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { MINUTE } from '../../src/lib/time'
import { kidOf } from '../../src/lib/seal'
import { sweepNotifications } from '../../src/jobs/notifications'
import { consumeJobs } from '../../src/jobs/runs'
import { createChannel } from '../../src/services/notifications/channels'
import { lifecycle } from '../../src/store/lifecycle'
import { openTenant } from '../../src/store/tenant-db'
import { aReceiver, caller, portsThrough } from '../support/receivers'
import { seedIncident, seedOrganization, tell, wideEvent } from '../support/seed'

/** The queue, with what was sent to it. */
function aQueue() {
  const sent: { readonly body: unknown; readonly delay: number }[] = []
  const JOBS = {
    ...env.JOBS,
    send: async (body: unknown, options?: QueueSendOptions) => {
      sent.push({ body, delay: options?.delaySeconds ?? 0 })
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
    },
  }
  return { sent, env: { ...env, JOBS } }
}

async function aWaitingNotification(at: number) {
  const orgId = await seedOrganization()
  const incidentId = await seedIncident(orgId)
  const ports = portsThrough(aReceiver().http)
  await createChannel(caller(orgId, at), ports, {
    kind: 'webhook',
    name: 'Hook',
    url: 'https://hooks.example.com/in',
  })
  const db = openTenant(env.DB, orgId)
  await lifecycle(db, { incidentId, actor: 'system', event: 'created', at })
  const state = () =>
    env.DB.prepare('SELECT state, attempts FROM notification_deliveries WHERE org_id = ?').bind(orgId).first()
  return { orgId, incidentId, state }
}

describe('a notification that waits', () => {
  it('is found by the sweep, tried by the queue, and asked for again in time', async ({ expect }) => {
    const now = Date.now()
    const { orgId, state } = await aWaitingNotification(now - MINUTE)
    const queue = aQueue()
    expect(await sweepNotifications(queue.env, now)).toBe(true)
    const message = { v: 1, type: 'notifications', org_id: orgId }
    expect(queue.sent).toContainEqual({ body: message, delay: 0 })
    queue.sent.length = 0
    const batch = createMessageBatch('aurora-jobs', [
      { id: 'm1', timestamp: new Date(now), attempts: 1, body: message },
    ])
    await consumeJobs(batch, queue.env)
    const result = await getQueueResult(batch, createExecutionContext())
    expect([result.explicitAcks, result.retryMessages]).toEqual([['m1'], []])
    // Nobody is there in the tests: tried once, due again in ten seconds.
    expect(await state()).toEqual({ state: 'pending', attempts: 1 })
    expect(queue.sent).toEqual([{ body: message, delay: expect.any(Number) }])
    queue.sent.length = 0
    await sweepNotifications(queue.env, now)
    expect(queue.sent).not.toContainEqual({ body: message, delay: 0 })
  })

  it('is sent as soon as the event of its cause is told', async ({ expect }) => {
    const { orgId, incidentId, state } = await aWaitingNotification(Date.now() - 1)
    await tell(orgId, [wideEvent(incidentId, 1)])
    await expect.poll(state, { timeout: 10_000 }).toEqual({ state: 'pending', attempts: 1 })
  })

  it('keeps its credentials readable when the master key changes', async ({ expect }) => {
    const { orgId } = await aWaitingNotification(Date.now())
    const sealed = () =>
      env.DB.prepare('SELECT sealed FROM notification_channels WHERE org_id = ?')
        .bind(orgId)
        .first<{ sealed: string }>()
    const before = kidOf((await sealed())?.sealed ?? '')
    const changed = {
      ...aQueue().env,
      CONNECTOR_MASTER_KEY: btoa('another master key of 32 bytes!!'),
      CONNECTOR_MASTER_KEY_PREVIOUS: env.CONNECTOR_MASTER_KEY ?? '',
    }
    await sweepNotifications(changed, Date.now())
    const after = kidOf((await sealed())?.sealed ?? '')
    expect([typeof before, typeof after, before === after]).toEqual(['string', 'string', false])
  })
})
