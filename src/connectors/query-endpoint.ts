/** What Prometheus and Loki have in common: a base URL that the customer runs, a bearer or basic credential, a tenant header. */
import * as z from 'zod'
import { optional, text } from '../lib/fields'
import { headerAccess, headersOf, type Access } from './access'
import { readBaseUrl } from './address'
import { ask, basic } from './ask'
import type { Candidate, Proof } from './proof'
import { mapOk, type Outcome } from './outcome'
import { sliceOf, type Page } from './paging'
import type { VendorCtx } from './vendor-ctx'

export const secret = z.discriminatedUnion('authType', [
  z.object({ authType: z.literal('none') }),
  z.object({ authType: z.literal('bearer'), token: z.string() }),
  z.object({ authType: z.literal('basic'), username: z.string(), password: z.string() }),
])

export const settings = z.object({ baseUrl: z.string(), tenantId: z.string().nullable() })
export const details = settings.extend({ authType: z.enum(['none', 'bearer', 'basic']) })

type Secret = z.infer<typeof secret>
type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

const BASE = 'baseUrl is required'

export const form = z
  .object({
    baseUrl: text({ error: BASE, max: 500 }),
    authType: z.enum(['none', 'bearer', 'basic'], {
      error: 'authType must be one of: none, bearer, basic',
    }),
    token: optional(text({ error: 'token is required', max: 4000 })),
    username: optional(text({ error: 'username is required', max: 500 })),
    password: optional(text({ error: 'password is required', max: 4000, trim: false })),
    tenantId: optional(text({ error: 'Invalid tenantId', max: 200 })),
  })
  .superRefine(({ authType, token, username, password }, context) => {
    const need = (name: string, value: string | undefined): void => {
      if (value === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `${name} is required` })
    }
    if (authType === 'bearer') need('token', token)
    if (authType !== 'basic') return
    need('username', username)
    need('password', password)
  })

/** The credential of a checked form. */
export const readForm = (
  input: z.output<typeof form>,
  ownHosts: readonly string[],
): Outcome<Candidate<Secret, Settings>> =>
  mapOk(readBaseUrl(input.baseUrl, ownHosts), (baseUrl) => ({
    secret: secretOf(input),
    settings: { baseUrl, tenantId: input.tenantId ?? null },
  }))

function secretOf({ authType, token = '', username = '', password = '' }: z.output<typeof form>): Secret {
  switch (authType) {
    case 'none':
      return { authType }
    case 'bearer':
      return { authType, token }
    case 'basic':
      return { authType, username, password }
  }
}

/** The headers of a call: who asks, and for which tenant. */
export const accessOf = ({ secret, settings }: Candidate<Secret, Settings>): Access =>
  headerAccess({
    ...authorization(secret),
    ...(settings.tenantId === null ? {} : { 'X-Scope-OrgID': settings.tenantId }),
  })

function authorization(secret: Secret): Readonly<Record<string, string>> {
  switch (secret.authType) {
    case 'none':
      return {}
    case 'bearer':
      return { authorization: `Bearer ${secret.token}` }
    case 'basic':
      return { authorization: basic(secret.username, secret.password) }
  }
}

/** What both call a good answer, and the values of a label. */
const success = z.looseObject({ status: z.literal('success') })
const values = success.extend({ data: z.array(z.string()).nullish() })

/**
 * Asks something harmless. A connection is called by its address, with the tenant where there is one.
 * @param url what any credential of this endpoint may ask
 */
export async function prove<P extends Settings>(
  ctx: VendorCtx,
  url: string,
  { secret, settings }: Candidate<Secret, P>,
  access: Access,
): Promise<Outcome<Proof<Secret, P & Pick<Details, 'authType'>>>> {
  const judgement = { 403: { kind: 'credential_refused' } } as const
  const { baseUrl, tenantId } = settings
  return mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, success, judgement), () => ({
    accountId: tenantId === null ? baseUrl : `${baseUrl}#${tenantId}`,
    accountName: new URL(baseUrl).host,
    details: { ...settings, authType: secret.authType },
  }))
}

/** One page of the names at `url`: these APIs answer all at once. */
export const namePage = async (
  ctx: VendorCtx,
  url: string,
  type: string,
  access: Access,
  cursor: string | null,
): Promise<Outcome<Page>> =>
  mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, values), ({ data }) =>
    sliceOf(
      (data ?? []).map((name) => ({ id: name, name, type, details: {} })),
      cursor,
    ),
  )
