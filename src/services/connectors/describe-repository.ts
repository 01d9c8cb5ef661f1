/** Writes down what a chosen repository is about. */
import * as z from 'zod'
import type { Access } from '../../connectors/access'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import { describe } from '../../connectors/github/describe'
import { gitlab } from '../../connectors/gitlab'
import { describe as describeProject } from '../../connectors/gitlab/describe'
import { settings } from '../../connectors/gitlab/details'
import type { Outcome } from '../../connectors/outcome'
import type { ConnectionRow } from '../../store/connection-rows'
import { changeRepo } from '../../store/connected-repos'
import { withAccess } from './call'
import type { CoreOutcome, CoreWork } from './core-jobs'

const inputSchema = z.object({ input: z.object({ repository: z.string() }) })
/** Refusals that another attempt does not mend. */
const FINAL: ReadonlySet<string> = new Set([
  'expired',
  'credential_refused',
  'insufficient_permission',
  'no_resources',
  'not_connected',
  'blocked',
])

export async function describeRepository(work: CoreWork): Promise<CoreOutcome> {
  const { db, ports, connector, row, job, now } = work
  const { input } = inputSchema.parse(job.inputJson)
  const described = await withAccess(db, ports, connector, row, (ctx, access) =>
    summarise(ctx, access, row, input.repository),
  )
  if (described.kind === 'ok') {
    const metadataSummary = described.value
    await changeRepo(db, connector.id, input.repository, {
      metadataSummary,
      metadataStatus: 'ready',
      updatedAt: now,
    })
    return { kind: 'done', result: { status: 'SUCCESS', repository: input.repository } }
  }
  if (FINAL.has(described.kind))
    await changeRepo(db, connector.id, input.repository, { metadataStatus: 'failed', updatedAt: now })
  return described
}

const summarise = (
  ctx: VendorCtx,
  access: Access,
  { provider, publicJson }: ConnectionRow,
  name: string,
): Promise<Outcome<string>> =>
  provider === gitlab.id
    ? describeProject(ctx, access, settings.parse(publicJson).base_url, name)
    : describe(ctx, access, name)
