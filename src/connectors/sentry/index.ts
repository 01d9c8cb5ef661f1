/** Sentry: an auth token of an internal integration or a person, for one organisation. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headersOf, type Access } from '../access'
import { ask, readAs } from '../ask'
import { connector } from '../connector'
import type { Page } from '../paging'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed } from '../form'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { details, organisation, settings, type Settings } from './details'
import { operations } from './operations'

const REGION = "Region must be 'us' or 'eu'"
const REFUSED = {
  kind: 'credential_refused',
  text: 'Invalid Sentry auth token or insufficient permissions',
} as const

const secret = z.object({ authToken: z.string() })
const form = alsoNamed(
  { auth_token: 'authToken', org_slug: 'orgSlug', webhook_secret: 'webhookSecret' },
  z.object({
    authToken: text({ error: 'Sentry auth token is required', max: 500 }),
    orgSlug: text({ error: 'Sentry organization slug is required', max: 100 }).refine(
      (slug) => /^[a-z0-9][a-z0-9_-]*$/.test(slug),
      'Invalid Sentry organization slug',
    ),
    region: optional(z.enum(['us', 'eu'], { error: REGION })),
    webhookSecret: optional(text({ error: 'Invalid webhookSecret', max: 500 })),
  }),
)

const organization = z.object({ id: z.string(), slug: z.string(), name: z.string() })
const projects = z.array(
  z.object({ id: z.string(), slug: z.string(), name: z.string(), platform: z.string().nullish() }),
)

export const sentry = connector({
  id: 'sentry',
  name: 'Sentry',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['sentry.io', 'de.sentry.io'],
  alertSource: 'sentry',
  revokeHint: 'Delete the internal integration or the auth token in Sentry.',
  original: { prefixes: ['/sentry'] },
  form: {
    schema: form,
    read: ({ authToken, orgSlug, region, webhookSecret }) =>
      ok({
        secret: { authToken },
        settings: { region: region ?? 'us', orgSlug, hasWebhookSecret: webhookSecret !== undefined },
      }),
    signingSecret: ({ webhookSecret }) => webhookSecret ?? null,
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    const url = `${organisation(settings)}/`
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, organization, {
      401: REFUSED,
      403: REFUSED,
      404: {
        kind: 'credential_refused',
        text: `Sentry organization '${settings.orgSlug}' not found or token has no access`,
      },
    })
    if (found.kind !== 'ok') return found
    const listed = await allProjects(ctx, settings, access)
    if (listed.kind !== 'ok') return listed
    const { slug, name } = found.value
    return ok({
      accountId: slug,
      accountName: name,
      region: settings.region,
      details: {
        ...settings,
        orgName: name,
        projectCount: listed.value.length,
        accessibleProjects: [...listed.value],
        validated: true,
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.authToken) },
  resources: (ctx, { access, details }, cursor) => projectPage(ctx, details, access, cursor),
  operations,
})

const MOST_PAGES = 5

/** Slugs of the projects, as far as five pages tell. A token that may not list them is no less valid. */
async function allProjects(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
): Promise<Outcome<readonly string[]>> {
  const slugs: string[] = []
  let cursor: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const listed: Outcome<Page> = await projectPage(ctx, settings, access, cursor)
    if (listed.kind === 'insufficient_permission') return ok(slugs)
    if (listed.kind !== 'ok') return listed
    slugs.push(...listed.value.resources.map(({ id }) => id))
    cursor = listed.value.nextCursor
    if (cursor === null) break
  }
  return ok(slugs)
}

async function projectPage(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
  cursor: string | null,
): Promise<Outcome<Page>> {
  const url = withQuery(`${organisation(settings)}/projects/`, { per_page: 100, cursor: cursor ?? undefined })
  const answer = await ctx.fetch(url, { headers: headersOf(access) })
  if (answer.kind !== 'ok') return answer
  const found = readAs(answer.value, projects)
  if (found.kind !== 'ok') return found
  return ok({
    resources: found.value.map(({ id, slug, name, platform }) => ({
      id: slug,
      name,
      type: 'project',
      details: { project_id: id, platform: platform ?? null },
    })),
    nextCursor: nextCursor(answer.value.headers.get('link') ?? ''),
  })
}

/** Sentry always links to a next page, and says beside it whether there is anything on it. */
const nextCursor = (link: string): string | null =>
  /rel="next";\s*results="true";\s*cursor="([^"]+)"/.exec(link)?.[1] ?? null
