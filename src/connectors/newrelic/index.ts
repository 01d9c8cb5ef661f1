/** New Relic: a user key and one account, read through NerdGraph. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { optional, text } from '../../lib/fields'
import { headerAccess, headersOf, type Access } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { alsoNamed, numberAsText } from '../form'
import { ok, type Outcome } from '../outcome'
import { details, nerdGraph, settings, type Settings } from './details'
import { operations } from './operations'

const ACCOUNT = 'New Relic Account ID is required'
const REGION = "Region must be 'us' or 'eu'"
const REFUSED = { kind: 'credential_refused', text: 'Failed to validate New Relic credentials' } as const

const secret = z.object({ apiKey: z.string(), licenseKey: z.string().nullable() })
const form = alsoNamed(
  { api_key: 'apiKey', account_id: 'accountId', license_key: 'licenseKey' },
  z.object({
    apiKey: text({ error: 'New Relic User API key is required', max: 200 }),
    accountId: numberAsText(
      text({ error: ACCOUNT, max: 15 }).refine((value) => /^\d+$/.test(value), ACCOUNT),
    ),
    region: optional(
      text({ error: REGION, max: 10 })
        .transform((value) => value.toLowerCase())
        .pipe(z.enum(['us', 'eu'], { error: REGION })),
    ),
    licenseKey: optional(text({ error: 'Invalid licenseKey', max: 200 })),
  }),
)

const USER = '{ actor { user { email name } accounts { id name } } }'
const ONE_ACCOUNT = 'query ($id: Int!) { actor { account(id: $id) { id name } } }'
const ENTITIES = `query ($query: String!, $cursor: String) {
  actor { entitySearch(query: $query) {
    results(cursor: $cursor) { nextCursor entities { guid name entityType domain alertSeverity } }
  } }
}`

const account = z.object({ id: z.int(), name: z.string() })
const user = z.object({
  actor: z.object({
    user: z.object({ email: z.string().nullish(), name: z.string().nullish() }),
    accounts: z.array(account).nullish(),
  }),
})
const oneAccount = z.object({ actor: z.object({ account: account.nullable() }) })
const entities = z.object({
  actor: z.object({
    entitySearch: z.object({
      results: z.object({
        nextCursor: z.string().nullish(),
        entities: z.array(
          z.object({
            guid: z.string(),
            name: z.string(),
            entityType: z.string().nullish(),
            domain: z.string().nullish(),
            alertSeverity: z.string().nullish(),
          }),
        ),
      }),
    }),
  }),
})

export const newrelic = connector({
  id: 'newrelic',
  name: 'New Relic',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.newrelic.com', 'api.eu.newrelic.com'],
  alertSource: 'newrelic',
  revokeHint: 'Delete the user key under API keys in New Relic.',
  summary: ['accountId', 'region'],
  original: { prefixes: ['/newrelic'] },
  form: {
    schema: form,
    read: ({ apiKey, accountId, region, licenseKey }) =>
      ok({
        secret: { apiKey, licenseKey: licenseKey ?? null },
        settings: { region: region ?? 'us', accountId },
      }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    const who = await graph(ctx, settings, access, { query: USER }, user)
    if (who.kind !== 'ok') return who
    const variables = { id: Number(settings.accountId) }
    const seen = await graph(ctx, settings, access, { query: ONE_ACCOUNT, variables }, oneAccount)
    if (seen.kind !== 'ok') return seen
    const { account } = seen.value.actor
    if (account === null) return REFUSED
    const { user: person, accounts } = who.value.actor
    return ok({
      accountId: settings.accountId,
      accountName: account.name,
      region: settings.region,
      details: {
        ...settings,
        accountName: account.name,
        userEmail: person.email ?? null,
        userName: person.name ?? null,
        accessibleAccounts: (accounts ?? []).map(({ id, name }) => ({ id: String(id), name })),
        validated: true,
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => headerAccess({ 'API-Key': secret.apiKey }) },
  resources: async (ctx, { access, details }, cursor) => {
    const variables = { query: `accountId = ${details.accountId}`, cursor }
    const found = await graph(ctx, details, access, { query: ENTITIES, variables }, entities)
    if (found.kind !== 'ok') return found
    const { results } = found.value.actor.entitySearch
    return ok({
      resources: results.entities.map(({ guid, name, entityType, domain, alertSeverity }) => ({
        id: guid,
        name,
        type: entityType ?? 'entity',
        details: { domain: domain ?? null, alert_severity: alertSeverity ?? null },
      })),
      nextCursor: results.nextCursor ?? null,
    })
  },
  operations,
})

/** NerdGraph tells its refusals with HTTP 200 and a list of errors. */
async function graph<T>(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
  body: object,
  data: Schema<T>,
): Promise<Outcome<T>> {
  const answer = await ask(
    ctx.fetch,
    nerdGraph(settings),
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(access) },
      body: JSON.stringify(body),
    },
    z.object({ data: z.unknown(), errors: z.array(z.unknown()).nullish() }),
    { 401: REFUSED, 403: REFUSED },
  )
  if (answer.kind !== 'ok') return answer
  if ((answer.value.errors ?? []).length > 0) return REFUSED
  const parsed = z.safeParse(data, answer.value.data)
  return parsed.success ? ok(parsed.data) : { kind: 'vendor_error' }
}
