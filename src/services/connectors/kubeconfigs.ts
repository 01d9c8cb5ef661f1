/** Kubeconfig files: each of their usable contexts becomes a connection of its own, once its cluster has confirmed it. */
import * as z from 'zod'
import { kubeconfig } from '../../connectors/kubeconfig'
import { contextsOf, fileOf } from '../../connectors/kubernetes/kubeconfig-file'
import { AppError, notFound } from '../../lib/errors'
import type { ConnectionRow } from '../../store/connection-rows'
import { liveConnections } from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { connectAccount } from './connect'
import { disconnect } from './disconnect'
import type { Ports } from './ports'
import { refusalError } from './refusal'

const LIST = 'kubeconfigs array required'
const MOST_FILES = 10
const LARGEST = 500_000
const MOST_CONTEXTS = 20

export const uploadInput = z.object({
  kubeconfigs: z
    .array(
      z.object({
        filename: z.string({ error: LIST }).max(255, 'Invalid filename').catch('kubeconfig'),
        content: z.string({ error: LIST }),
      }),
      { error: LIST },
    )
    .min(1, LIST)
    .max(MOST_FILES, 'At most 10 files'),
})

export interface Uploaded {
  readonly registered: readonly ConnectionRow[]
  readonly errors: readonly { readonly filename: string; readonly error: string; readonly hint?: string }[]
}

/** Connects every usable context. @throws AppError forbidden, provider_not_configured, validation_failed when nothing was usable */
export async function uploadKubeconfigs(
  ctx: Ctx,
  ports: Ports,
  { kubeconfigs }: z.output<typeof uploadInput>,
): Promise<Uploaded> {
  requireRole(ctx, 'editor')
  const registered: ConnectionRow[] = []
  const errors: Uploaded['errors'][number][] = []
  let left = MOST_CONTEXTS
  for (const { filename, content } of kubeconfigs) {
    const found = content.length > LARGEST ? null : contextsOf(content)
    if (found === null) errors.push({ filename, error: 'The file is too large' })
    else if (found.kind !== 'ok') errors.push(problem(filename, refusalError(kubeconfig, found)))
    else {
      const contexts = found.value.slice(0, left)
      left -= contexts.length
      if (contexts.length < found.value.length)
        errors.push({ filename, error: `At most ${MOST_CONTEXTS} contexts at once` })
      const outcomes = await Promise.all(contexts.map((context) => connectOne(ctx, ports, fileOf(context))))
      for (const outcome of outcomes)
        if (outcome instanceof AppError) errors.push(problem(filename, outcome))
        else registered.push(outcome)
    }
  }
  if (registered.length > 0) return { registered, errors }
  throw new AppError('validation_failed', 'No cluster could be registered', {
    body: { registered: [], errors },
  })
}

/** What is wrong with one file is said beside it; what is wrong with the deployment or the caller ends the upload. */
async function connectOne(ctx: Ctx, ports: Ports, content: string): Promise<ConnectionRow | AppError> {
  try {
    const made = await connectAccount(ctx, ports, kubeconfig, { content })
    return made.kind === 'connection' ? made.connection : notFound()
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return error
    if (error instanceof AppError && error.code === 'upstream_error') return error
    throw error
  }
}

function problem(filename: string, { message, extras }: AppError): Uploaded['errors'][number] {
  const hint = extras.body?.['hint']
  return { filename, error: message, ...(typeof hint === 'string' ? { hint } : {}) }
}

/** The clusters that were uploaded and not removed. */
export const uploadedClusters = ({ db }: Ctx) => liveConnections(db, kubeconfig.id)

/** Forgets a cluster and its token. @throws AppError forbidden, not_found */
export async function removeKubeconfig(ctx: Ctx, ports: Ports, clusterId: string): Promise<void> {
  requireRole(ctx, 'editor')
  const { disconnected } = await disconnect(ctx, ports, kubeconfig, clusterId)
  if (disconnected.length === 0) throw notFound('Cluster not found')
}
