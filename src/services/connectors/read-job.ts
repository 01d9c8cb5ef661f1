import * as z from 'zod'
import { KINDS } from '../../connectors/facts'
import type { Proved } from '../../connectors/proof'
import { AppError, notFound } from '../../lib/errors'
import { open } from '../../lib/seal'
import type { ConnectorJobRow } from '../../store/connection-rows'
import { claimLogin, jobById, saveJob } from '../../store/connector-jobs'
import { requireRole, type Ctx } from '../context'
import { storeProved } from './connect'
import { claimPlace } from './credentials'
import type { Ports } from './ports'

/**
 * A job as members see it. The first look of whoever began an unproved login claims it: only then there is a connection.
 * @throws AppError not_found, also for the unclaimed login of somebody else
 */
export async function readJob(ctx: Ctx, ports: Ports, id: string): Promise<ConnectorJobRow> {
  const [job] = await jobById(ctx.db, id)
  if (job === undefined) throw notFound('Task not found')
  if (job.claimSealed === null) return job
  if (job.userId !== ctx.actor.userId || (job.claimExpiresAt ?? 0) <= ctx.now)
    throw notFound('Task not found')
  requireRole(ctx, 'editor')
  await claim(ctx, ports, job, job.claimSealed)
  const [claimed] = await jobById(ctx.db, id)
  if (claimed === undefined) throw notFound('Task not found')
  return claimed
}

async function claim(ctx: Ctx, ports: Ports, job: ConnectorJobRow, sealed: string): Promise<void> {
  const connector = ports.connectorOf(job.provider)
  const opened = await open(await ports.masters(), claimPlace(job.id), sealed)
  if (connector === null || !opened.ok) throw notFound('Task not found')
  const proved = provedSchema.parse(JSON.parse(opened.plaintext))
  const kind = connector.jobAfterLogin
  try {
    await storeProved(ctx.db, ports, connector, proved, {
      userId: ctx.actor.userId,
      method: 'oauth_code',
      event: 'connector.claim',
      now: ctx.now,
      also: (connection) => [
        claimLogin(ctx.db, job.id, ctx.actor.userId, ctx.now),
        ctx.db.ensureChanged(),
        saveJob(ctx.db, job, {
          connectionId: connection.id,
          totalSteps: kind === undefined ? 0 : (connector.jobs[kind]?.steps.length ?? 0),
          inputJson: { input: {}, memory: {} },
          ...(kind === undefined
            ? { state: 'SUCCESS', progress: 100, resultJson: { status: 'SUCCESS' } }
            : { lastEnqueuedAt: ctx.now }),
        }),
      ],
    })
    if (kind !== undefined) await ports.sendJob(job.id)
  } catch (error) {
    // Two looks at once: the other one has it.
    if (error instanceof AppError && error.code === 'conflict') return
    throw error
  }
}

/** What an unclaimed login keeps sealed. */
export const provedSchema: z.ZodType<Proved> = z.object({
  accountId: z.string(),
  accountName: z.string(),
  secret: z.unknown(),
  details: z.record(z.string(), z.unknown()),
  expiresAt: z.number().nullable(),
  region: z.string().nullable(),
  roleArn: z.string().nullable(),
  readOnlyRoleArn: z.string().nullable(),
  products: z
    .array(
      z.object({
        provider: z.string(),
        accountId: z.string(),
        accountName: z.string(),
        details: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
  method: z.enum(KINDS).optional(),
  multiAccount: z.boolean().optional(),
})
