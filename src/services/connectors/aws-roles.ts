/** Registering roles: only with the workspace's own External ID, and only after all proofs of the role and its protection. */
import * as z from 'zod'
import { headerAccess } from '../../connectors/access'
import { aws, MISMATCH } from '../../connectors/aws'
import { accountOf, ROLE_ARN } from '../../connectors/aws/details'
import { REFUSED } from '../../connectors/aws/prove'
import { DEFAULT_REGION, regionOf, REGIONS } from '../../connectors/aws/regions'
import { ownIdentityFails } from '../../connectors/aws/sts'
import type { Refusal } from '../../connectors/outcome'
import type { Proved } from '../../connectors/proof'
import { AppError, notFound } from '../../lib/errors'
import { optional } from '../../lib/fields'
import type { Schema } from '../../lib/schema'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import { requireRole, type Ctx } from '../context'
import { accountsOf, DEFAULT_NAME, workspaceNamed, workspaceOf, type Workspace } from './aws-workspaces'
import { storeProved } from './connect'
import { disconnect } from './disconnect'
import { isEnabled, vendorCtx, type Ports } from './ports'
import { notConfigured, refusalError } from './refusal'

interface Role {
  readonly roleArn: string
  readonly readOnlyRoleArn: string | null
  readonly region: string
}

/** A role before anything is known of it. */
type Registered =
  | { readonly kind: 'ok'; readonly connection: ConnectionRow }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** @throws AppError provider_not_configured, conflict */
export async function registerIn(
  ctx: Ctx,
  ports: Ports,
  workspace: Workspace,
  role: Role,
): Promise<Registered> {
  if (!isEnabled(ports, aws)) throw notConfigured(aws)
  const opened = aws.open({ externalId: workspace.awsExternalId }, { ...role, workspaceId: workspace.id })
  await ports.masters()
  const outcome =
    opened === null
      ? ({ kind: 'vendor_error' } as const)
      : await opened.prove(vendorCtx(ports, aws), headerAccess({}))
  if (outcome.kind !== 'ok') {
    await auditRefusal(ctx, outcome.kind)
    if (
      outcome.kind === 'vendor_error' &&
      (await ownIdentityFails(vendorCtx(ports, aws), regionOf(role.region)))
    )
      throw notConfigured(aws)
    return { kind: 'refused', refusal: outcome }
  }
  // The proof answers details; what is sealed is the External ID that it was made with.
  const proved: Proved = { ...outcome.value, secret: { externalId: workspace.awsExternalId } }
  const connection = await storeProved(ctx.db, ports, aws, proved, {
    userId: ctx.actor.userId,
    method: 'role_assumption',
    event: 'connector.connect',
    now: ctx.now,
    workspaceId: workspace.id,
  })
  return { kind: 'ok', connection }
}

const auditRefusal = (ctx: Ctx, outcome: string): Promise<void> =>
  ctx.db.commit([
    audit(ctx.db, {
      event: 'connector.connect_failed',
      actor: ctx.actor.userId,
      subject: aws.id,
      after: { outcome },
      at: ctx.now,
    }),
  ])

export const arnText = (missing: string, wrong: string) =>
  z.string({ error: missing }).trim().min(1, missing).regex(ROLE_ARN, wrong)

const roleInput = z.object({
  roleArn: arnText('roleArn is required', 'Invalid role ARN format'),
  readOnlyRoleArn: optional(arnText('Invalid readOnlyRoleArn format', 'Invalid readOnlyRoleArn format')),
  region: optional(z.enum(REGIONS, { error: 'Invalid region' })),
})

/** Strangers' input as `schema`, after the place it is for was found. @throws AppError validation_failed */
export function parseInput<T>(schema: Schema<T>, input: unknown): T {
  const read = z.safeParse(schema, input)
  if (read.success) return read.data
  throw new AppError('validation_failed', read.error.issues[0]?.message ?? 'Invalid request body', {
    details: read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  })
}

const isEmpty = (input: object): boolean => Object.keys(input).length === 0

/** Sets the role of a workspace. @throws AppError forbidden, not_found, validation_failed, refusals */
export async function setRole(ctx: Ctx, ports: Ports, workspaceId: string, input: object): Promise<void> {
  requireRole(ctx, 'editor')
  const workspace = await workspaceOf(ctx, workspaceId)
  if (isEmpty(input)) throw new AppError('validation_failed', 'No JSON data provided')
  const { roleArn, readOnlyRoleArn = null, region = DEFAULT_REGION } = parseInput(roleInput, input)
  const made = await registerIn(ctx, ports, workspace, { roleArn, readOnlyRoleArn, region })
  if (made.kind === 'ok') return
  const { refusal } = made
  if (refusal.kind !== 'credential_refused' || refusal.code !== undefined) throw refusalError(aws, refusal)
  const refused = refusal.text === REFUSED.readOnly ? (readOnlyRoleArn ?? roleArn) : roleArn
  throw new AppError('credential_refused', refusal.text ?? REFUSED.role, {
    body: { message: 'Check the trust policy of the role: the trusted account and the External ID.' },
    details: { role_arn: refused, account_id: accountOf(refused) },
  })
}

/** Registers an account again that was disconnected, after all proofs. @throws AppError not_found, refusals */
export async function reconnectAccount(
  ctx: Ctx,
  ports: Ports,
  workspaceId: string,
  accountId: string,
): Promise<void> {
  requireRole(ctx, 'editor')
  const { workspace, inactive } = await accountsOf(ctx, workspaceId)
  const row = inactive.find((it) => it.accountId === accountId)
  if (row === undefined || row.roleArn === null)
    throw notFound('No inactive connection found for this account')
  const { roleArn, readOnlyRoleArn } = row
  const made = await registerIn(ctx, ports, workspace, {
    roleArn,
    readOnlyRoleArn,
    region: regionOf(row.region),
  })
  if (made.kind === 'refused') throw refusalError(aws, made.refusal)
}

/** @throws AppError not_found */
export async function removeAccount(
  ctx: Ctx,
  ports: Ports,
  workspaceId: string,
  accountId: string,
): Promise<void> {
  requireRole(ctx, 'editor')
  const { live } = await accountsOf(ctx, workspaceId)
  if (!live.some((it) => it.accountId === accountId))
    throw notFound('Account not found or already disconnected')
  await disconnect(ctx, ports, aws, accountId)
}

/** Ends every account of a workspace. @returns how many */
export async function cleanUp(ctx: Ctx, ports: Ports, workspaceId: string): Promise<number> {
  requireRole(ctx, 'editor')
  const { live } = await accountsOf(ctx, workspaceId)
  for (const { accountId } of live) await disconnect(ctx, ports, aws, accountId)
  return live.length
}

const shape = z.object({
  roleArn: arnText('Missing role_arn', 'Invalid role ARN format'),
  externalId: z.string().trim().min(1).max(100).nullable().catch(null),
  readOnlyRoleArn: optional(arnText('Invalid readOnlyRoleArn format', 'Invalid readOnlyRoleArn format')),
  region: optional(z.enum(REGIONS, { error: 'Invalid region' })),
})

const NEEDED =
  'External ID is required for AWS role assumption. Please provide the External ID from your workspace.'

/**
 * Registers a role in the workspace `default`, whose External ID the caller must know.
 * @throws AppError forbidden, validation_failed, external_id_mismatch, refusals
 */
export async function registerRole(
  ctx: Ctx,
  ports: Ports,
  input: Readonly<Record<string, unknown>>,
): Promise<ConnectionRow> {
  requireRole(ctx, 'editor')
  const given = parseInput(shape, {
    roleArn: input['roleArn'] ?? input['role_arn'],
    externalId: input['externalId'] ?? input['external_id'] ?? null,
    readOnlyRoleArn: input['readOnlyRoleArn'] ?? input['read_only_role_arn'],
    region: input['region'],
  })
  if (given.externalId === null) throw new AppError('validation_failed', NEEDED)
  const workspace = await workspaceNamed(ctx, DEFAULT_NAME)
  if (given.externalId.toLowerCase() !== workspace.awsExternalId) throw refusalError(aws, MISMATCH)
  const made = await registerIn(ctx, ports, workspace, {
    roleArn: given.roleArn,
    readOnlyRoleArn: given.readOnlyRoleArn ?? null,
    region: given.region ?? DEFAULT_REGION,
  })
  if (made.kind === 'refused') throw refusalError(aws, made.refusal)
  return made.connection
}
