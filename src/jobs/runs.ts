/** The jobs queue: wakes the object of each run's thread. The work itself is done there, not here. */
import { log } from '../lib/log'
import { Dispatch } from '../store/dispatch'
import { consumeConnectorMessage } from './connectors'
import { jobMessageSchema } from './messages'
import { consumeNotifications } from './notifications'

const RETRY_SECONDS = 5

/** Never throws: a throw would bring back messages that were already acknowledged. */
export async function consumeJobs(batch: MessageBatch, env: Env): Promise<void> {
  const dispatch = new Dispatch(env.DB)
  await Promise.all(
    batch.messages.map(async (message) => {
      if (await consumeConnectorMessage(message, env)) return
      if (await consumeNotifications(message, env)) return
      const parsed = jobMessageSchema.safeParse(message.body)
      if (!parsed.success) {
        log.warn('job.malformed', { id: message.id })
        message.ack()
        return
      }
      try {
        await startRun(env, dispatch, parsed.data.runId)
        message.ack()
      } catch (error) {
        log.error('job.failed', error, { runId: parsed.data.runId })
        message.retry({ delaySeconds: RETRY_SECONDS })
      }
    }),
  )
}

/** Starting a run that is at work, or over, is harmless. */
async function startRun(env: Env, dispatch: Dispatch, runId: string): Promise<void> {
  const run = await dispatch.findRun(runId)
  if (run === null) return
  const { orgId, sessionId, lastSeq } = run
  if (run.state === 'cancelled' && lastSeq !== null)
    await env.ROOM.getByName(sessionId).stop({ orgId, sessionId, runId, lastSeq })
  if (!OPEN.has(run.state)) return dispatch.finishRunEffect(runId, Date.now())
  // A postmortem has a room without a session: nobody reads along.
  if (lastSeq === null && run.kind !== 'postmortem') return
  await env.ROOM.getByName(sessionId).start({ orgId, sessionId, runId, lastSeq: lastSeq ?? 0 })
}

const OPEN: ReadonlySet<string> = new Set(['queued', 'leased', 'running'])
