/** Dynatrace: an API token of one environment, in the cloud or self-hosted. */
import * as z from 'zod'
import { text } from '../../lib/fields'
import { headerAccess, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask } from '../ask'
import { connector } from '../connector'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Dynatrace refused the API token' } as const

const secret = z.object({ apiToken: z.string() })
const form = z.object({
  apiToken: text({ error: 'Dynatrace API token is required', max: 500 }),
  environmentUrl: text({ error: 'Dynatrace environment URL is required', max: 500 }),
})

const lookup = z.object({ enabled: z.boolean(), expirationDate: z.iso.datetime().nullish() })
const clusterVersion = z.object({ version: z.string() })
const entities = z.object({
  entities: z.array(z.object({ entityId: z.string(), displayName: z.string(), type: z.string().nullish() })),
  nextPageKey: z.string().nullish(),
})

/** The environment's address: the API lives on `.live.`, and only `/e/<id>` may follow the host. */
function environmentOf(typed: string, ownHosts: readonly string[]): Outcome<string> {
  const base = readBaseUrl(typed, ownHosts)
  if (base.kind !== 'ok') return base
  const url = new URL(base.value)
  const host = url.host.replace(/\.apps\.dynatrace\.com$/, '.live.dynatrace.com')
  const [path = ''] = /^\/e\/[A-Za-z0-9-]{1,64}(?=\/|$)/.exec(url.pathname) ?? []
  return ok(`https://${host}${path}`)
}

export const dynatrace = connector({
  id: 'dynatrace',
  name: 'Dynatrace',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'dynatrace',
  revokeHint: 'Delete the access token in Dynatrace.',
  summary: ['environmentUrl'],
  original: { prefixes: ['/dynatrace'] },
  form: {
    schema: form,
    read: ({ apiToken, environmentUrl }, ownHosts) => {
      const environment = environmentOf(environmentUrl, ownHosts)
      return environment.kind === 'ok'
        ? ok({ secret: { apiToken }, settings: { environmentUrl: environment.value } })
        : environment
    },
  },
  secret,
  settings,
  details,
  prove: async (ctx, { secret, settings: { environmentUrl } }, access) => {
    const found = await ask(
      ctx.fetch,
      `${environmentUrl}/api/v2/apiTokens/lookup`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersOf(access) },
        body: JSON.stringify({ token: secret.apiToken }),
      },
      lookup,
      { 401: REFUSED },
    )
    if (found.kind !== 'ok') return found
    if (!found.value.enabled) return REFUSED
    const { expirationDate } = found.value
    const versionUrl = `${environmentUrl}/api/v1/config/clusterversion`
    // Old tokens may not read the version: that is no reason to refuse them.
    const version = await ask(ctx.fetch, versionUrl, { headers: headersOf(access) }, clusterVersion)
    return ok({
      accountId: environmentUrl,
      accountName: new URL(environmentUrl).host,
      expiresAt: expirationDate == null ? null : Date.parse(expirationDate),
      details: { environmentUrl, version: version.kind === 'ok' ? version.value.version : null },
    })
  },
  access: {
    kind: 'static',
    of: ({ secret }) => headerAccess({ authorization: `Api-Token ${secret.apiToken}` }),
  },
  resources: async (ctx, { access, details }, cursor) => {
    // With a page key Dynatrace refuses every other parameter.
    const parameters =
      cursor === null ? { entitySelector: 'type("SERVICE")', pageSize: 100 } : { nextPageKey: cursor }
    const url = withQuery(`${details.environmentUrl}/api/v2/entities`, parameters)
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, entities)
    if (found.kind !== 'ok') return found
    return ok({
      resources: found.value.entities.map(({ entityId, displayName, type }) => ({
        id: entityId,
        name: displayName,
        type: (type ?? 'SERVICE').toLowerCase(),
        details: {},
      })),
      nextCursor: found.value.nextPageKey ?? null,
    })
  },
  operations,
})
