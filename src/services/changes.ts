/** Changes of the observed system (deployments, configuration, flags) that senders tell us through the API. */
import * as z from 'zod'
import { optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { recordChange, changeByBuild } from '../store/changes'
import { requireRole, type Ctx } from './context'

const name = (error: string, max = 200) => optional(text({ error, max }))
const time = (error: string) =>
  optional(
    z.union(
      [
        z.iso.datetime({ offset: true, error }).transform((value) => Date.parse(value)),
        z.int({ error }).min(0, error),
      ],
      { error },
    ),
  )

export const newChange = z.object({
  kind: optional(
    z.enum(['deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other'], {
      error: 'Invalid kind. Must be one of: deployment, config, flag, infrastructure, scaling, other',
    }),
  ),
  service: text({ error: 'service is required', max: 200, tooLong: 'Invalid service' }),
  environment: name('Invalid environment', 64),
  title: name('Invalid title', 500),
  provider: name('Invalid provider'),
  job: name('Invalid job'),
  build: optional(
    z.union([z.int().transform(String), text({ error: 'Invalid build', max: 200 })], {
      error: 'Invalid build',
    }),
  ),
  result: name('Invalid result', 64),
  commit: name('Invalid commit'),
  branch: name('Invalid branch'),
  repository: name('Invalid repository'),
  author: name('Invalid author'),
  url: optional(z.url({ protocol: /^https?$/, error: 'Invalid url' }).max(2048, 'Invalid url')),
  startedAt: time('Invalid startedAt'),
  finishedAt: time('Invalid finishedAt'),
})

/** How far a client's clock may be ahead, and how old a change may be: beyond, it would never be looked at. */
const AHEAD = 5 * 60_000

/**
 * Records a change; the same job and build again changes nothing and answers the first id.
 * @throws AppError forbidden
 */
export async function reportChange(ctx: Ctx, input: z.output<typeof newChange>) {
  requireRole(ctx, 'editor')
  const { db, now, actor } = ctx
  const id = newId(now)
  const kind = input.kind ?? 'deployment'
  const job = input.job ?? input.service
  const build = input.build ?? id
  const [, , [stored]] = await db.batch([
    recordChange(db, {
      id,
      integrationId: 'api',
      kind,
      provider: input.provider ?? 'api',
      job,
      build,
      title: input.title ?? `${kind} of ${input.service}`,
      service: input.service,
      environment: input.environment ?? null,
      result: input.result?.toUpperCase() ?? null,
      commit: input.commit ?? null,
      branch: input.branch ?? null,
      repository: input.repository ?? null,
      author: input.author ?? null,
      url: input.url ?? null,
      startedAt: input.startedAt ?? null,
      finishedAt: Math.min(input.finishedAt ?? now, now + AHEAD),
      createdAt: now,
    }),
    audit(db, {
      event: 'change.report',
      actor: actor.userId,
      subject: id,
      after: { kind, service: input.service, job, build },
      at: now,
    }),
    changeByBuild(db, { job, build }),
  ])
  return { id: stored?.id ?? id, duplicate: stored !== undefined && stored.id !== id }
}
