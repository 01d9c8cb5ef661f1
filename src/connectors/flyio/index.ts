/** Fly.io: a token of one organisation, best a read-only one. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'
import { withQuery } from '../read'
import { API, details, settings } from './details'
import { operations } from './operations'

const BOTH = 'API token and organization slug are required'
const SLUG = 'Invalid organization slug'
const REFUSED = { kind: 'credential_refused', text: 'Fly.io refused the API token' } as const
const SHOWN_APPS = 100

const secret = z.object({ apiToken: z.string() })
const form = alsoNamed(
  { api_token: 'apiToken', org_slug: 'orgSlug' },
  z.object({
    apiToken: text({ error: BOTH, max: 10_000 }),
    orgSlug: text({ error: BOTH, max: 300 })
      // People paste the address of their dashboard.
      .transform((value) => value.replace(/^https:\/\/fly\.io\/dashboard\/([^/?#]+).*$/, '$1'))
      .refine((slug) => /^[a-z0-9][a-z0-9-]{0,99}$/.test(slug), SLUG),
    tier: optional(
      text({ error: 'Invalid tier', max: 30 }).refine((tier) => /^[a-z_-]+$/.test(tier), 'Invalid tier'),
    ),
  }),
)

const appList = z.object({
  apps: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        status: z.string().nullish(),
        machine_count: z.number().nullish(),
      }),
    )
    .nullish(),
})

export const flyio = connector({
  id: 'flyio',
  name: 'Fly.io',
  category: 'cloud',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.machines.dev', 'api.fly.io'],
  revokeHint: 'Revoke the token under Tokens in the Fly.io dashboard.',
  original: { prefixes: ['/flyio_api/flyio'], unauthorized: true, broken: { reason: 'token_invalid' } },
  form: {
    schema: form,
    read: ({ apiToken, orgSlug, tier }) =>
      ok({ secret: { apiToken }, settings: { org_slug: orgSlug, tier: tier ?? 'readonly' } }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) =>
    mapOk(
      await appsOf(ctx, settings.org_slug, access, { 401: REFUSED, 403: REFUSED, 404: REFUSED }),
      (apps) => ({
        accountId: settings.org_slug,
        accountName: settings.org_slug,
        details: {
          ...settings,
          apps: apps.slice(0, SHOWN_APPS).map(({ name, status }) => ({ name, status: status ?? null })),
        },
      }),
    ),
  access: {
    kind: 'static',
    of: ({ secret: { apiToken } }) =>
      headerAccess({ authorization: apiToken.startsWith('FlyV1 ') ? apiToken : `Bearer ${apiToken}` }),
  },
  resources: async (ctx, { access, details }, cursor) =>
    mapOk(await appsOf(ctx, details.org_slug, access), (apps) =>
      sliceOf(
        apps.map(({ name, status, machine_count }) => ({
          id: name,
          name,
          type: 'app',
          details: { status: status ?? null, machine_count: machine_count ?? null },
        })),
        cursor,
      ),
    ),
  operations,
})

async function appsOf(
  ctx: VendorCtx,
  org_slug: string,
  access: Access,
  judgement?: Judgement,
): Promise<Outcome<NonNullable<z.infer<typeof appList>['apps']>>> {
  const url = withQuery(`${API}/apps`, { org_slug })
  const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, appList, judgement)
  return mapOk(found, ({ apps }) => apps ?? [])
}
