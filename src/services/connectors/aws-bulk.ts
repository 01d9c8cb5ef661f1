/** Roles of many AWS accounts, registered at once. */
import * as z from 'zod'
import { aws } from '../../connectors/aws'
import { accountOf } from '../../connectors/aws/details'
import { DEFAULT_REGION, REGIONS } from '../../connectors/aws/regions'
import { AppError } from '../../lib/errors'
import { optional } from '../../lib/fields'
import { requireRole, type Ctx } from '../context'
import { arnText, parseInput, registerIn } from './aws-roles'
import { workspaceOf, type Workspace } from './aws-workspaces'
import type { Ports } from './ports'
import { refusalError } from './refusal'

const LIST = "Payload must contain an 'accounts' array"
const MOST = 50
const AT_ONCE = 5
const bulkInput = z.object({
  accounts: z
    .array(z.unknown(), { error: LIST })
    .max(MOST, `Too many accounts. At most ${MOST} can be registered at once.`),
})
const bulkAccount = z
  .object({
    accountId: z.string({ error: 'Invalid accountId' }).regex(/^\d{12}$/, 'Invalid accountId'),
    roleArn: arnText('roleArn is required', 'Invalid role ARN format'),
    region: optional(z.enum(REGIONS, { error: 'Invalid region' })),
  })
  .refine(({ accountId, roleArn }) => accountOf(roleArn) === accountId, 'The role is of another account')

export interface BulkResult {
  readonly accountId: string
  readonly success: boolean
  readonly error?: string
}

/** Registers many accounts, five at a time; each succeeds or fails alone. @throws AppError not_found, validation_failed */
export async function registerMany(
  ctx: Ctx,
  ports: Ports,
  workspaceId: string,
  input: object,
): Promise<readonly BulkResult[]> {
  requireRole(ctx, 'editor')
  const workspace = await workspaceOf(ctx, workspaceId)
  const { accounts } = parseInput(bulkInput, input)
  const results: BulkResult[] = []
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const some = accounts.slice(from, from + AT_ONCE)
    results.push(...(await Promise.all(some.map((account) => registerOne(ctx, ports, workspace, account)))))
  }
  return results
}

async function registerOne(
  ctx: Ctx,
  ports: Ports,
  workspace: Workspace,
  input: unknown,
): Promise<BulkResult> {
  const named = z.looseObject({ accountId: z.string().max(12).catch('') }).safeParse(input)
  const accountId = named.success ? named.data.accountId : ''
  try {
    const { roleArn, region = DEFAULT_REGION } = parseInput(bulkAccount, input)
    const made = await registerIn(ctx, ports, workspace, { roleArn, readOnlyRoleArn: null, region })
    return made.kind === 'ok'
      ? { accountId, success: true }
      : { accountId, success: false, error: refusalError(aws, made.refusal).message }
  } catch (error) {
    if (error instanceof AppError && error.code !== 'provider_not_configured')
      return { accountId, success: false, error: error.message }
    throw error
  }
}
