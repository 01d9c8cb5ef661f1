/** What GitHub tells the App about its installations: believed when GitHub signed it, and then looked at with GitHub itself. */
import * as z from 'zod'
import { github } from '../../connectors/github'
import { installationAccount } from '../../connectors/github/details'
import { derivedId } from '../../lib/derived-id'
import { AppError } from '../../lib/errors'
import { bytesFromHex, hmacSha256Matches } from '../../lib/hmac'
import { REVALIDATE } from './core-jobs'
import { startJob } from './start-job'
import type { Ports } from './ports'

export interface GithubDelivery {
  readonly bytes: Uint8Array
  readonly signature: string
  readonly event: string
  readonly deliveryId: string
}

const about = z.object({ installation: z.object({ id: z.int() }) })
/** Events after which an installation may be another: removed, suspended, or with other rights and repositories. */
const CHANGES: ReadonlySet<string> = new Set(['installation', 'installation_repositories'])

/**
 * No event ends a connection by itself: it starts a look at GitHub, and what GitHub says then stands in its status.
 * @throws AppError provider_not_configured without a webhook secret, invalid_token for a body that GitHub did not sign
 */
export async function takeGithubEvent(ports: Ports, it: GithubDelivery, now: number): Promise<void> {
  const key = ports.setting('GITHUB_APP_WEBHOOK_SECRET')
  if (key === null)
    throw new AppError('provider_not_configured', 'GitHub is not configured on this deployment')
  const signature = it.signature.startsWith('sha256=') ? bytesFromHex(it.signature.slice(7)) : null
  if (signature === null || !(await hmacSha256Matches(key, signature, it.bytes)))
    throw new AppError('invalid_token', 'Invalid signature')
  const told = about.safeParse(read(it.bytes))
  if (!CHANGES.has(it.event) || !told.success) return
  const { id } = told.data.installation
  for (const row of await ports.connectionsOf(github.id, installationAccount(id))) {
    const once = await derivedId(`github|${it.deliveryId}|${row.id}`)
    await startJob(ports.tenant(row.orgId), ports, row, REVALIDATE, { userId: row.userId, now, id: once })
  }
}

function read(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new AppError('invalid_json', 'Invalid request body')
  }
}
