/** Opens a pull request with a fix, through the organisation's own connection. */
import { github } from '../../connectors/github'
import { proposeChange, type Change, type Proposed } from '../../connectors/github/pull-request'
import { AppError } from '../../lib/errors'
import type { Ctx } from '../context'
import { withAccess } from './call'
import { accountFor, githubAccounts } from './github-accounts'
import type { Ports } from './ports'
import { refusalError } from './refusal'

const NOT_CONNECTED = () => new AppError('invalid_state', 'Repository is not connected')

/** What a failed step leaves behind. */
const FAILED: Readonly<
  Record<Extract<Proposed, { kind: 'failed' }>['step'], readonly [string, boolean, boolean]>
> = {
  branch: ['Failed to create branch', false, false],
  push: ['Failed to push fix', true, false],
  pull_request: ['Failed to create PR', true, true],
}

/** @throws AppError invalid_state without a connection, conflict when the file is another by now, upstream_error, vendor refusals */
export async function proposeFix(
  ctx: Ctx,
  ports: Ports,
  change: Change,
): Promise<Extract<Proposed, { kind: 'opened' }>> {
  const account = accountFor(await githubAccounts(ctx.db), change.repository.split('/')[0] ?? '')
  if (account === null) throw NOT_CONNECTED()
  const made = await withAccess(
    ctx.db,
    ports,
    github,
    account,
    (vendor, access) => proposeChange(vendor, access, change),
    { mode: 'write' },
  )
  if (made.kind === 'not_connected') throw NOT_CONNECTED()
  if (made.kind !== 'ok') throw refusalError(github, made)
  switch (made.value.kind) {
    case 'opened':
      return made.value
    case 'changed':
      throw new AppError('conflict', 'File changed since analysis')
    case 'failed': {
      const [text, branchCreated, commitPushed] = FAILED[made.value.step]
      throw new AppError('upstream_error', text, { details: { branchCreated, commitPushed } })
    }
  }
}
