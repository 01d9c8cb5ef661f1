/** Coroot: a user's e-mail and password, exchanged for a session that is kept nowhere. */
import * as z from 'zod'
import { text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { readBaseUrl } from '../address'
import { ask } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { sliceOf } from '../paging'
import { details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Coroot refused the email or password' } as const
/** Shorter than any session of Coroot's. */
const SESSION_MS = 3_600_000

const secret = z.object({ email: z.string(), password: z.string() })
const form = z.object({
  url: text({ error: 'Coroot URL is required', max: 500 }),
  email: text({ error: 'Email is required', max: 320 }),
  password: text({ error: 'Password is required', max: 1000, trim: false }),
})

const project = z.object({ id: z.string(), name: z.string() })
const user = z.object({ projects: z.array(project).nullish() })

export const coroot = connector({
  id: 'coroot',
  name: 'Coroot',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  revokeHint: 'Remove the user, or change its password, in Coroot.',
  summary: ['url'],
  original: { prefixes: ['/coroot'] },
  form: {
    schema: form,
    read: ({ url, email, password }, ownHosts) =>
      mapOk(readBaseUrl(url, ownHosts), (base) => ({ secret: { email, password }, settings: { url: base } })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings: { url } }, access) =>
    mapOk(await projectsOf(ctx, url, access), (projects) => ({
      accountId: url,
      accountName: new URL(url).host,
      details: { url, projects: [...projects] },
    })),
  access: {
    kind: 'minted',
    mint: async (ctx, { secret, settings }) => {
      const answer = await ctx.fetch(`${settings.url}/api/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: secret.email, password: secret.password }),
      })
      if (answer.kind !== 'ok') return answer
      // A wrong password is answered with 404, as is an address without Coroot.
      if (answer.value.status >= 400) return REFUSED
      const session = /(?:^|[,\s])coroot_session=([^;,\s]+)/.exec(
        answer.value.headers.get('set-cookie') ?? '',
      )?.[1]
      if (session === undefined) return { kind: 'vendor_error' }
      return ok({
        access: headerAccess({ cookie: `coroot_session=${session}` }),
        expiresAt: ctx.now() + SESSION_MS,
      })
    },
  },
  resources: async (ctx, { access, details }, cursor) =>
    mapOk(await projectsOf(ctx, details.url, access), (projects) =>
      sliceOf(
        projects.map(({ id, name }) => ({ id, name, type: 'project', details: {} })),
        cursor,
      ),
    ),
  operations,
})

async function projectsOf(
  ctx: VendorCtx,
  url: string,
  access: Access,
): Promise<Outcome<readonly z.infer<typeof project>[]>> {
  const found = await ask(ctx.fetch, `${url}/api/user`, { headers: headersOf(access) }, user, {
    401: REFUSED,
    403: REFUSED,
  })
  return mapOk(found, ({ projects }) => projects ?? [])
}
