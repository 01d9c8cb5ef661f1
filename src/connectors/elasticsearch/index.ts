/** Elasticsearch and OpenSearch: an API key or a user of one cluster. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask, basic } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { sliceOf } from '../paging'
import { details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'Elasticsearch refused the credential' } as const

const secret = z.discriminatedUnion('authType', [
  z.object({ authType: z.literal('apiKey'), apiKey: z.string() }),
  z.object({ authType: z.literal('basic'), username: z.string(), password: z.string() }),
])

const form = z
  .object({
    baseUrl: text({ error: 'baseUrl is required', max: 500 }),
    authType: z.enum(['apiKey', 'basic'], { error: 'authType must be one of: apiKey, basic' }),
    apiKey: optional(text({ error: 'apiKey is required', max: 1000 })),
    username: optional(text({ error: 'username is required', max: 500 })),
    password: optional(text({ error: 'password is required', max: 4000, trim: false })),
  })
  .superRefine(({ authType, apiKey, username, password }, context) => {
    const needed = authType === 'apiKey' ? { apiKey } : { username, password }
    for (const [name, value] of Object.entries(needed))
      if (value === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `${name} is required` })
  })

const root = z.object({
  cluster_name: z.string(),
  version: z.object({ number: z.string(), distribution: z.string().nullish() }),
})
const resolved = z.object({
  indices: z.array(z.object({ name: z.string() })).default([]),
  data_streams: z.array(z.object({ name: z.string() })).default([]),
})

export const elasticsearch = connector({
  id: 'elasticsearch',
  name: 'Elasticsearch and OpenSearch',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: true,
  hosts: 'self_hosted',
  revokeHint: 'Invalidate the API key, or change the password, in your cluster.',
  original: { prefixes: ['/elasticsearch'] },
  form: {
    schema: form,
    read: ({ baseUrl, authType, apiKey = '', username = '', password = '' }, ownHosts) =>
      mapOk(readBaseUrl(baseUrl, ownHosts), (base) => ({
        secret: authType === 'apiKey' ? { authType, apiKey } : { authType, username, password },
        settings: { baseUrl: base },
      })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { secret, settings: { baseUrl } }, access) => {
    const found = await ask(ctx.fetch, `${baseUrl}/`, { headers: headersOf(access) }, root, {
      401: REFUSED,
      403: REFUSED,
    })
    return mapOk(found, ({ cluster_name, version }) => ({
      accountId: baseUrl,
      accountName: cluster_name,
      details: {
        baseUrl,
        clusterName: cluster_name,
        version: version.number,
        distribution:
          version.distribution === 'opensearch' ? ('opensearch' as const) : ('elasticsearch' as const),
        authType: secret.authType,
      },
    }))
  },
  access: {
    kind: 'static',
    of: ({ secret }) =>
      headerAccess({
        authorization:
          secret.authType === 'apiKey' ? `ApiKey ${secret.apiKey}` : basic(secret.username, secret.password),
      }),
  },
  resources: async (ctx, { access, details }, cursor) => {
    const url = `${details.baseUrl}/_resolve/index/*`
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, resolved)
    if (found.kind !== 'ok') return found
    const { indices, data_streams } = found.value
    const listed = (names: readonly { readonly name: string }[], type: string) =>
      // Those that begin with a dot are the cluster's own.
      names
        .filter(({ name }) => !name.startsWith('.'))
        .map(({ name }) => ({ id: name, name, type, details: {} }))
    return ok(sliceOf([...listed(data_streams, 'data_stream'), ...listed(indices, 'index')], cursor))
  },
  operations,
})
