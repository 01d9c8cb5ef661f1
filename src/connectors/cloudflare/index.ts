/** Cloudflare: an API token of a user or of an account. */
import * as z from 'zod'
import { isoOrNull } from '../../lib/time'
import { bearer, headersOf, type Access } from '../access'
import { ask } from '../ask'
import { connector, noSettings } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API, details } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Invalid Cloudflare API token' } as const
const REFUSALS = { 400: REFUSED, 401: REFUSED, 403: REFUSED }

const secret = z.object({ apiToken: z.string() })
const token = z
  .string({
    error: (issue) => (issue.input === undefined ? 'API token is required' : 'API token must be a string'),
  })
  .transform((text) => text.trim())
  .refine((text) => text !== '', 'API token is required')
  .refine((text) => text.length >= 20 && text.length <= 500, 'Invalid API token format')

/** Both spellings; the first one given counts. */
const form = z
  .object({ apiToken: z.unknown().optional(), api_token: z.unknown().optional() })
  .transform((input, context) => {
    const read = token.safeParse(input.apiToken ?? input.api_token ?? undefined)
    if (read.success) return { apiToken: read.data }
    context.addIssue({
      code: 'custom',
      path: ['apiToken'],
      message: read.error.issues[0]?.message ?? 'API token is required',
    })
    return z.NEVER
  })

const verification = z.object({
  result: z.object({ id: z.string(), status: z.string(), expires_on: z.iso.datetime().nullish() }),
})
const accounts = z.object({ result: z.array(z.object({ id: z.string(), name: z.string() })) })
const zones = z.object({
  result: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      status: z.string(),
      account: z.object({ id: z.string(), name: z.string() }),
      plan: z.object({ name: z.string() }).nullish(),
    }),
  ),
  result_info: z.object({ page: z.number(), total_pages: z.number(), total_count: z.number() }),
})
const policies = z.object({
  result: z.object({
    policies: z.array(z.object({ permission_groups: z.array(z.object({ name: z.string() })) })),
  }),
})
const user = z.object({ result: z.object({ email: z.string() }) })

export const cloudflare = connector({
  id: 'cloudflare',
  name: 'Cloudflare',
  category: 'cloud',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.cloudflare.com'],
  revokeHint: 'Roll or delete the API token in Cloudflare.',
  original: {
    prefixes: ['/cloudflare_api/cloudflare'],
    unauthorized: true,
    connected: (shown) => ({ message: 'Cloudflare connected successfully', ...shown }),
    status: ({ email, accountName, permissions, tokenType }, expiresAt) => ({
      provider: 'cloudflare',
      email,
      accountName,
      permissions,
      tokenType,
      expiresAt: isoOrNull(expiresAt),
    }),
  },
  form: { schema: form, read: (input) => ok({ secret: input, settings: {} }) },
  secret,
  settings: noSettings,
  details,
  prove: async (ctx, { secret }, access) => {
    const tokenType = secret.apiToken.startsWith('cfat_') ? 'account' : 'user'
    const seen = await ask(ctx.fetch, `${API}/accounts`, { headers: headersOf(access) }, accounts, REFUSALS)
    if (seen.kind !== 'ok') return seen
    const [account] = seen.value.result
    if (account === undefined)
      return { kind: 'no_resources', text: 'The API token has no access to any account' }
    const base = tokenType === 'account' ? `${API}/accounts/${encodeURIComponent(account.id)}` : `${API}/user`
    const verified = await ask(
      ctx.fetch,
      `${base}/tokens/verify`,
      { headers: headersOf(access) },
      verification,
      REFUSALS,
    )
    if (verified.kind !== 'ok') return verified
    const { id, status, expires_on } = verified.value.result
    if (status !== 'active') return REFUSED
    const listed = await zonesPage(ctx, access, 1)
    if (listed.kind !== 'ok') return listed
    return ok({
      accountId: account.id,
      accountName: account.name,
      expiresAt: expires_on == null ? null : Date.parse(expires_on),
      details: {
        accountName: account.name,
        email: await emailOf(ctx, access),
        zonesCount: listed.value.result_info.total_count,
        permissions: await permissionsOf(ctx, access, `${base}/tokens/${encodeURIComponent(id)}`),
        tokenType,
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiToken) },
  resources: async (ctx, { access }, cursor) => {
    const page = Number(cursor ?? '1')
    const listed = await zonesPage(ctx, access, Number.isSafeInteger(page) && page > 0 ? page : 1)
    if (listed.kind !== 'ok') return listed
    const { result, result_info } = listed.value
    return ok({
      resources: result.map((zone) => ({
        id: zone.id,
        name: zone.name,
        type: 'zone',
        details: {
          status: zone.status,
          account_id: zone.account.id,
          account_name: zone.account.name,
          plan: zone.plan?.name ?? null,
        },
      })),
      nextCursor: result_info.page < result_info.total_pages ? String(result_info.page + 1) : null,
    })
  },
  operations,
})

const zonesPage = (ctx: VendorCtx, access: Access, page: number): Promise<Outcome<z.infer<typeof zones>>> =>
  ask(ctx.fetch, withQuery(`${API}/zones`, { per_page: 50, page }), { headers: headersOf(access) }, zones)

/** Most tokens may not read their own policies or user: that is as it should be. */
async function permissionsOf(ctx: VendorCtx, access: Access, url: string): Promise<string[]> {
  const read = await ask(ctx.fetch, url, { headers: headersOf(access) }, policies)
  return read.kind === 'ok'
    ? [...new Set(read.value.result.policies.flatMap((it) => it.permission_groups.map(({ name }) => name)))]
    : []
}

async function emailOf(ctx: VendorCtx, access: Access): Promise<string | null> {
  const read = await ask(ctx.fetch, `${API}/user`, { headers: headersOf(access) }, user)
  return read.kind === 'ok' ? read.value.result.email : null
}
