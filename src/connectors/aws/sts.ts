/** The security token service: temporary keys of a customer's role, and whose keys they are. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome, type Refusal } from '../outcome'
import { settingOf } from '../settings'
import type { Region } from './regions'
import { queryRequest, send, type AwsRequest, type Keys } from './sign'
import { errorCode, readXml } from './xml'

const VERSION = '2011-06-15'
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
/** Codes that say that our own identity does not work: no fault of the customer's role. */
const OWN_TROUBLE = new Set(['ExpiredToken', 'InvalidClientTokenId', 'SignatureDoesNotMatch'])

export interface TemporaryKeys extends Required<Keys> {
  /** ms */
  readonly expiresAt: number
}

export interface RoleWish {
  readonly roleArn: string
  readonly sessionName: string
  readonly region: Region
  readonly seconds: number
  readonly externalId: string | null
  /** Narrows what the keys may do to reading. */
  readonly readOnly?: boolean
}

/** An answer of STS: the value, the code of its refusal, or the trouble on the way. */
export type StsAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'trouble'; readonly refusal: Refusal }

/** The keys that this deployment calls STS with; null when it has none. */
function baseKeys({ settings }: Pick<VendorCtx, 'settings'>): Keys | null {
  const accessKeyId = settingOf(settings, 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = settingOf(settings, 'AWS_SECRET_ACCESS_KEY')
  return accessKeyId === null || secretAccessKey === null ? null : { accessKeyId, secretAccessKey }
}

const assumed = z
  .object({
    AssumeRoleResponse: z.object({
      AssumeRoleResult: z.object({
        Credentials: z.object({
          AccessKeyId: z.string().min(1),
          SecretAccessKey: z.string().min(1),
          SessionToken: z.string().min(1),
          Expiration: z.iso.datetime(),
        }),
      }),
    }),
  })
  .transform(({ AssumeRoleResponse: { AssumeRoleResult } }): TemporaryKeys => {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = AssumeRoleResult.Credentials
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiresAt: Date.parse(Expiration),
    }
  })

export async function assumeRole(ctx: VendorCtx, wish: RoleWish): Promise<StsAnswer<TemporaryKeys>> {
  const keys = baseKeys(ctx)
  if (keys === null) return { kind: 'trouble', refusal: { kind: 'vendor_error' } }
  const request = queryRequest('sts', wish.region, {
    Action: 'AssumeRole',
    Version: VERSION,
    RoleArn: wish.roleArn,
    RoleSessionName: wish.sessionName,
    DurationSeconds: wish.seconds,
    ExternalId: wish.externalId ?? undefined,
    'PolicyArns.member.1.arn': wish.readOnly === true ? READ_ONLY : undefined,
  })
  return askSts(ctx, keys, request, assumed)
}

const identity = z
  .object({
    GetCallerIdentityResponse: z.object({
      GetCallerIdentityResult: z.object({ Account: z.string().regex(/^\d{12}$/) }),
    }),
  })
  .transform((it) => it.GetCallerIdentityResponse.GetCallerIdentityResult.Account)

/** The account that these keys belong to. */
export const callerAccount = (ctx: VendorCtx, keys: Keys, region: Region): Promise<StsAnswer<string>> =>
  askSts(ctx, keys, queryRequest('sts', region, { Action: 'GetCallerIdentity', Version: VERSION }), identity)

async function askSts<T>(
  ctx: VendorCtx,
  keys: Keys,
  request: AwsRequest,
  schema: Schema<T>,
): Promise<StsAnswer<T>> {
  const answer = await send(ctx, keys, request)
  if (answer.kind !== 'ok') return { kind: 'trouble', refusal: answer }
  const { status, text } = answer.value
  if (status === 200) {
    const read = z.safeParse(schema, readXml(text))
    return read.success
      ? { kind: 'ok', value: read.data }
      : { kind: 'trouble', refusal: { kind: 'vendor_error' } }
  }
  const code = errorCode(text)
  return code === null ? { kind: 'trouble', refusal: { kind: 'vendor_error' } } : { kind: 'code', code }
}

/** What a refusal of STS means where the role was asked for as it should be. @param text said when the role refuses us */
export function outcomeOf<T>(answer: StsAnswer<T>, text: string): Outcome<T> {
  if (answer.kind === 'ok') return ok(answer.value)
  if (answer.kind === 'trouble') return answer.refusal
  if (answer.code === 'AccessDenied') return { kind: 'credential_refused', text }
  if (answer.code.startsWith('Throttling')) return { kind: 'rate_limited', retryAfterSeconds: 30 }
  return { kind: 'vendor_error' }
}

/** Whether it is this deployment's own identity that does not work. */
export async function ownIdentityFails(ctx: VendorCtx, region: Region): Promise<boolean> {
  const keys = baseKeys(ctx)
  if (keys === null) return true
  const answer = await callerAccount(ctx, keys, region)
  return answer.kind === 'code' && OWN_TROUBLE.has(answer.code)
}
