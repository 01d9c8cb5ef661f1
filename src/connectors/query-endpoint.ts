/** What Prometheus and Loki have in common: a base URL that the customer runs, a bearer or basic credential, a tenant header. */
import * as z from 'zod'
import { optional, text } from '../lib/fields'
import { headerAccess, type Access } from './access'
import { readBaseUrl } from './address'
import { basic } from './ask'
import type { Candidate } from './proof'
import { mapOk, type Outcome } from './outcome'

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

/** The name of a connection: its address, with the tenant where there is one. */
export const identityOf = ({ baseUrl, tenantId }: Settings) => ({
  accountId: tenantId === null ? baseUrl : `${baseUrl}#${tenantId}`,
  accountName: new URL(baseUrl).host,
})

/** What both call a good answer, and the values of a label. */
export const success = z.looseObject({ status: z.literal('success') })
export const values = success.extend({ data: z.array(z.string()).nullish() })

const PAGE = 100

/** One page of names: these APIs answer all at once. */
export function pageOf(names: readonly string[], type: string, cursor: string | null) {
  const from = Number(cursor ?? '0')
  const next = from + PAGE
  return {
    resources: names.slice(from, next).map((name) => ({ id: name, name, type, details: {} })),
    nextCursor: next < names.length ? String(next) : null,
  }
}
