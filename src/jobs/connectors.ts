/** Connections in the background: their jobs, the renewal of access in use, and what the sweep does for them. */
import { log } from '../lib/log'
import { accessTo } from '../services/connectors/access'
import { advanceJob } from '../services/connectors/advance-job'
import { openPorts, type Ports } from '../services/connectors/ports'
import { tendConnections } from '../services/connectors/tend'
import { RENEW_MS } from '../connectors/broker-core'
import { ConnectionDispatch } from '../store/connection-dispatch'
import { connectionById } from '../store/connections'
import { connectorMessage, connectorMessageSchema, jobMessage, renewMessageSchema } from './messages'

const RETRY_SECONDS = 15

/** The ports of background work: no request, so no origin of its own. */
export const backgroundPorts = (env: Env): Ports =>
  openPorts(env, env, null, {
    job: async (job_id, delaySeconds) => {
      await env.JOBS.send(connectorMessage({ job_id }), { delaySeconds })
    },
    run: async (runId) => {
      await env.JOBS.send(jobMessage({ runId }))
    },
  })

/** Handles a message about a connection, and says whether it was one. Never throws. */
export async function consumeConnectorMessage(message: Message, env: Env): Promise<boolean> {
  const job = connectorMessageSchema.safeParse(message.body)
  const renewal = renewMessageSchema.safeParse(message.body)
  if (!job.success && !renewal.success) return false
  try {
    const delaySeconds = job.success
      ? await runJob(env, job.data.job_id)
      : await renew(env, renewal.success ? renewal.data : null)
    if (delaySeconds === null) message.ack()
    else message.retry({ delaySeconds })
  } catch (error) {
    log.error('connector_job.failed', error, { id: message.id })
    message.retry({ delaySeconds: RETRY_SECONDS })
  }
  return true
}

async function runJob(env: Env, jobId: string): Promise<number | null> {
  const orgId = await new ConnectionDispatch(env.DB).ownerOfJob(jobId)
  if (orgId === null) return null
  const ports = backgroundPorts(env)
  const outcome = await advanceJob(ports.tenant(orgId), ports, jobId)
  return outcome.kind === 'again' ? outcome.delaySeconds : null
}

/** Fetches a new access ahead of time. One that fails is fetched by its next user. */
async function renew(
  env: Env,
  asked: { readonly org_id: string; readonly connection_id: string } | null,
): Promise<null> {
  if (asked === null) return null
  const ports = backgroundPorts(env)
  const db = ports.tenant(asked.org_id)
  const [connection] = await connectionById(db, asked.connection_id)
  if (connection !== undefined) await accessTo(db, ports, connection, { freshMs: RENEW_MS })
  return null
}

/** The connections' part of a sweep; answers whether to come back. A failure of theirs stops nobody else. */
export async function sweepConnections(env: Env, now: number): Promise<boolean> {
  const dispatch = new ConnectionDispatch(env.DB)
  try {
    await tendConnections(backgroundPorts(env), dispatch, now)
    return await dispatch.somethingPending()
  } catch (error) {
    log.error('sweep.connections_failed', error)
    return true
  }
}
