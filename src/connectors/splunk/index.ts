/** Splunk: a bearer token of the management port. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { text } from '../../lib/fields'
import { bearer, headersOf } from '../access'
import { readBaseUrl } from '../address'
import { ask } from '../ask'
import { connector } from '../connector'
import { mapOk, ok } from '../outcome'
import { numberOf } from '../paging'
import { withQuery } from '../read'
import { details, settings } from './details'
import { operations } from './operations'

const URL_TEXT = 'A valid Splunk instance URL is required (e.g. https://splunk.example.com:8089)'
const REFUSED = { kind: 'credential_refused', text: 'Splunk refused the API token' } as const
const REFUSALS = { 401: REFUSED, 403: REFUSED }
const PAGE = 100

const secret = z.object({ apiToken: z.string() })
const form = z.object({
  apiToken: text({ error: 'apiToken is required', max: 4000 }),
  baseUrl: text({ error: URL_TEXT, max: 500 }),
})

const entriesOf = <T>(content: Schema<T>) =>
  z.object({ entry: z.array(z.object({ name: z.string(), content })).min(1) })
const serverInfo = entriesOf(
  z.object({
    serverName: z.string().nullish(),
    version: z.string(),
    instance_type: z.string().nullish(),
    product_type: z.string().nullish(),
  }),
)
const currentContext = entriesOf(z.object({ username: z.string() }))
const savedSearches = z.object({
  entry: z.array(
    z.object({
      name: z.string(),
      content: z.object({ is_scheduled: z.union([z.boolean(), z.number()]).nullish() }),
    }),
  ),
  paging: z.object({ total: z.number(), offset: z.number() }),
})

export const splunk = connector({
  id: 'splunk',
  name: 'Splunk',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: 'self_hosted',
  alertSource: 'splunk',
  revokeHint: 'Delete the token under Settings, Tokens in Splunk.',
  summary: ['baseUrl'],
  original: { prefixes: ['/splunk'] },
  form: {
    schema: form,
    // Whatever page of it people copy, the API is at the root.
    read: ({ apiToken, baseUrl }, ownHosts) =>
      mapOk(readBaseUrl(baseUrl, ownHosts), (base) => ({
        secret: { apiToken },
        settings: { baseUrl: new URL(base).origin },
      })),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings: { baseUrl } }, access) => {
    const headers = headersOf(access)
    const info = `${baseUrl}/services/server/info?output_mode=json`
    const server = await ask(ctx.fetch, info, { headers }, serverInfo, REFUSALS)
    if (server.kind !== 'ok') return server
    const context = `${baseUrl}/services/authentication/current-context?output_mode=json`
    const person = await ask(ctx.fetch, context, { headers }, currentContext, REFUSALS)
    if (person.kind !== 'ok') return person
    const [found, who] = [server.value.entry[0], person.value.entry[0]]
    if (found === undefined || who === undefined) return { kind: 'vendor_error' }
    const { serverName, version, instance_type, product_type } = found.content
    const name = serverName ?? found.name
    return ok({
      accountId: baseUrl,
      accountName: name,
      details: {
        baseUrl,
        server: { name, version, instanceType: instance_type ?? product_type ?? null },
        username: who.content.username,
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.apiToken) },
  resources: async (ctx, { access, details }, cursor) => {
    const offset = numberOf(cursor, 0)
    const url = withQuery(`${details.baseUrl}/services/saved/searches`, {
      output_mode: 'json',
      count: PAGE,
      offset,
    })
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, savedSearches)
    if (found.kind !== 'ok') return found
    const { entry, paging } = found.value
    return ok({
      resources: entry.map(({ name, content }) => ({
        id: name,
        name,
        type: 'saved_search',
        details: { scheduled: Boolean(content.is_scheduled) },
      })),
      nextCursor: offset + entry.length < paging.total && entry.length > 0 ? String(offset + PAGE) : null,
    })
  },
  operations,
})
