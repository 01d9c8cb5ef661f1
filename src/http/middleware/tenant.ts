/** Opens the caller's part of the database: the one place of the HTTP ring that knows the store. */
import { log } from '../../lib/log'
import type { Actor, Ctx, Nudges } from '../../services/context'
import { openDirectory, type Directory } from '../../store/directory'
import { bareDetail, bareList } from '../../store/debug'
import { bareInsert } from '../../store/debug-ingest'
import { openJoining, type Joining } from '../../store/joining'
import { meterDatabase } from '../../store/metered'
import { Receiving } from '../../store/receiving'
import { openTenant, type TenantDb } from '../../store/tenant-db'
import { connectorMessage, jobMessage, ingestMessage } from '../../jobs/messages'
export { readGreeting } from '../../jobs/read-greeting'
import { openPorts, type Ports } from '../../services/connectors/ports'
import type { AppContext } from '../env'

/** What a verb of a signed-in caller works on. */
export const openContext = (c: AppContext, actor: Actor): Ctx => ({
  actor,
  db: openTenant(databaseOf(c), actor.orgId),
  now: c.get('now'),
  nudge: nudges(c),
})

/** The part of the database that belongs to the owner of an ingest token. */
export const tenantOf = (c: AppContext, orgId: string): TenantDb => openTenant(databaseOf(c), orgId)

/** The few reads and writes that come before a tenant is known. */
export const directoryOf = (c: AppContext): Directory => openDirectory(databaseOf(c))

/** Answers to invitations, which cross organisations. */
export const joiningOf = (c: AppContext): Joining => openJoining(databaseOf(c))

/** The receiving side of ingest: the token in the request decides whose it is. */
export const receivingOf = (c: AppContext): Receiving => new Receiving(databaseOf(c))

/** The bench's yardsticks: the rows of a list and of a detail through the bare binding. */
export const bareListOf = (c: AppContext, orgId: string) => bareList(databaseOf(c), orgId)
export const bareDetailOf = (c: AppContext, of: Parameters<typeof bareDetail>[1]) =>
  bareDetail(databaseOf(c), of)
export const bareInsertOf = (c: AppContext, id: string, body: string) => bareInsert(databaseOf(c), id, body)

/** What the connector verbs reach beyond the tenant's rows. */
export const connectorPorts = (c: AppContext): Ports =>
  openPorts(
    { DB: databaseOf(c), CONNECTION_BROKER: c.env.CONNECTION_BROKER, CLUSTER_AGENT: c.env.CLUSTER_AGENT },
    c.env,
    new URL(c.req.url).origin,
    {
      job: async (job_id, delaySeconds) => {
        await c.env.JOBS.send(connectorMessage({ job_id }), { delaySeconds })
      },
      run: async (runId) => {
        await c.env.JOBS.send(jobMessage({ runId }))
      },
    },
  )

function databaseOf(c: AppContext): D1Database {
  // Handlers see bindings without the database; this file is where it comes from.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const { DB } = c.env as Env
  return c.get('isMetered') ? meterDatabase(DB, c.get('cost')) : DB
}

/** Sent after the answer's commit, in the background; a failed one is found by the sweep. */
export function nudges(c: AppContext): Nudges {
  const send = (event: string, work: Promise<unknown>): void =>
    c.executionCtx.waitUntil(
      work.catch((error: unknown) => log.error(event, error, { requestId: c.var.requestId })),
    )
  return {
    run: (runId, delaySeconds = 0) =>
      send('nudge.run', c.env.JOBS.send(jobMessage({ runId }), { delaySeconds })),
    stopped: (run) =>
      send(
        'nudge.stopped',
        // A room that cannot be reached now is told by the queue.
        c.env.ROOM.getByName(run.sessionId)
          .stop({ orgId: c.var.actor.orgId, ...run })
          .catch(() => c.env.JOBS.send(jobMessage({ runId: run.runId }))),
      ),
    delivery: (deliveryId) => send('nudge.delivery', c.env.INGEST.send(ingestMessage({ deliveryId }))),
    feed: (orgId) => send('nudge.feed', c.env.FEED.getByName(orgId).publish()),
  }
}
