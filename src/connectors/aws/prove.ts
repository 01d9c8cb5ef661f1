/** The three proofs of a role: we can assume it, nobody can without our ExternalId, and it is of the account it names. */
import * as z from 'zod'
import type { Candidate, Proof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { accountOf, type Details, type Settings } from './details'
import { regionOf, type Region } from './regions'
import { queryRequest, send } from './sign'
import { assumeRole, callerAccount, outcomeOf, type RoleWish, type TemporaryKeys } from './sts'
import { readXml } from './xml'

type Secret = { readonly externalId: string }
const PROOF_SECONDS = 900

export const REFUSED = {
  role: 'Role assumption failed',
  readOnly: 'Read-only role assumption failed',
} as const

export const sessionNameOf = (workspaceId: string): string => `aurora-${workspaceId}`

export async function prove(
  ctx: VendorCtx,
  { secret, settings }: Candidate<Secret, Settings>,
): Promise<Outcome<Proof<Secret, Details>>> {
  const { roleArn, readOnlyRoleArn, workspaceId } = settings
  const region = regionOf(settings.region)
  const wish = (arn: string): RoleWish & { readonly externalId: string } => ({
    roleArn: arn,
    sessionName: sessionNameOf(workspaceId),
    region,
    seconds: PROOF_SECONDS,
    externalId: secret.externalId,
  })
  const main = await proveRole(ctx, wish(roleArn), REFUSED.role)
  if (main.kind !== 'ok') return main
  if (readOnlyRoleArn !== null) {
    const narrow = await proveRole(ctx, wish(readOnlyRoleArn), REFUSED.readOnly)
    if (narrow.kind !== 'ok') return narrow
  }
  const accountId = accountOf(roleArn)
  const alias = await aliasOf(ctx, main.value, region)
  return ok({
    accountId,
    accountName: alias ?? accountId,
    region,
    roleArn,
    readOnlyRoleArn,
    details: { ...settings, region, accountId, alias },
  })
}

async function proveRole(
  ctx: VendorCtx,
  wish: RoleWish & { readonly externalId: string },
  refused: string,
): Promise<Outcome<TemporaryKeys>> {
  const positive = outcomeOf(await assumeRole(ctx, wish), refused)
  if (positive.kind !== 'ok') return positive
  const protection = await proveProtected(ctx, wish)
  if (protection.kind !== 'ok') return protection
  const caller = outcomeOf(await callerAccount(ctx, positive.value, wish.region), refused)
  if (caller.kind !== 'ok') return caller
  return caller.value === accountOf(wish.roleArn) ? positive : { kind: 'credential_refused', text: refused }
}

/** Fails closed: only a plain denial, without an ExternalId and with a wrong one, counts as protected. */
async function proveProtected(ctx: VendorCtx, wish: RoleWish): Promise<Outcome<null>> {
  const answers = await Promise.all(
    [null, crypto.randomUUID()].map((externalId) => assumeRole(ctx, { ...wish, externalId })),
  )
  if (answers.some(({ kind }) => kind === 'ok'))
    return {
      kind: 'credential_refused',
      code: 'role_not_protected',
      text: 'The role can be assumed without the External ID. Add the sts:ExternalId condition to its trust policy.',
    }
  const denied = answers.every((answer) => answer.kind === 'code' && answer.code === 'AccessDenied')
  return denied ? ok(null) : { kind: 'vendor_error' }
}

const aliases = z.object({
  ListAccountAliasesResponse: z.object({
    ListAccountAliasesResult: z.object({ AccountAliases: z.object({ member: z.array(z.string()) }) }),
  }),
})

/** The account's alias; a role that may not read it has none, and that is no reason to refuse it. */
async function aliasOf(ctx: VendorCtx, keys: TemporaryKeys, region: Region): Promise<string | null> {
  const { accessKeyId, secretAccessKey, sessionToken } = keys
  const request = queryRequest('iam', region, { Action: 'ListAccountAliases', Version: '2010-05-08' })
  const answer = await send(ctx, { accessKeyId, secretAccessKey, sessionToken }, request)
  if (answer.kind !== 'ok' || answer.value.status !== 200) return null
  const read = aliases.safeParse(readXml(answer.value.text))
  return read.success
    ? (read.data.ListAccountAliasesResponse.ListAccountAliasesResult.AccountAliases.member[0] ?? null)
    : null
}
