/** ThousandEyes: a person's bearer token, optionally in one account group. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import { bearer, headersOf } from '../access'
import { ask } from '../ask'
import { connector } from '../connector'
import { alsoNamed, numberAsText } from '../form'
import { mapOk, ok } from '../outcome'
import { sliceOf } from '../paging'
import { withQuery } from '../read'
import { API, details, settings } from './details'
import { operations } from './operations'

const REFUSED = { kind: 'credential_refused', text: 'ThousandEyes refused the bearer token' } as const
const GROUP = 'Invalid account_group_id'

const secret = z.object({ token: z.string() })
const form = alsoNamed(
  { apiToken: 'api_token', accountGroupId: 'account_group_id' },
  z.object({
    api_token: text({ error: 'Bearer token is required', max: 1000 }),
    account_group_id: optional(
      numberAsText(text({ error: GROUP, max: 20 }).refine((id) => /^\d+$/.test(id), GROUP)),
    ),
  }),
)

const groups = z.object({
  accountGroups: z.array(
    z.object({
      aid: z.union([z.string(), z.number().transform(String)]),
      accountGroupName: z.string(),
      organizationName: z.string().nullish(),
      isCurrentAccountGroup: z.boolean().nullish(),
    }),
  ),
})
const tests = z.object({
  tests: z
    .array(
      z.object({
        testId: z.union([z.string(), z.number().transform(String)]),
        testName: z.string(),
        type: z.string().nullish(),
        enabled: z.boolean().nullish(),
      }),
    )
    .nullish(),
})

export const thousandeyes = connector({
  id: 'thousandeyes',
  name: 'ThousandEyes',
  category: 'observability',
  kinds: ['api_key'],
  multiAccount: false,
  hosts: ['api.thousandeyes.com'],
  revokeHint: 'Revoke the OAuth bearer token in your ThousandEyes profile.',
  original: {
    prefixes: ['/thousandeyes'],
    connected: ({ account_groups }) => ({ account_groups }),
    status: ({ account_groups }) => ({ account_groups }),
  },
  form: {
    schema: form,
    read: ({ api_token, account_group_id }) =>
      ok({ secret: { token: api_token }, settings: { account_group_id: account_group_id ?? null } }),
  },
  secret,
  settings,
  details,
  prove: async (ctx, { settings }, access) => {
    const url = `${API}/account-groups`
    const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, groups, {
      403: REFUSED,
      401: REFUSED,
    })
    if (found.kind !== 'ok') return found
    const all = found.value.accountGroups
    const wanted = settings.account_group_id
    const group = all.find(({ aid, isCurrentAccountGroup }) =>
      wanted === null ? isCurrentAccountGroup === true : aid === wanted,
    )
    if (wanted !== null && group === undefined)
      return { kind: 'credential_refused', text: 'The token has no access to this account group' }
    const shown = group ?? all[0]
    if (shown === undefined)
      return { kind: 'no_resources', text: 'The token has no access to any account group' }
    return ok({
      accountId: shown.aid,
      accountName: shown.accountGroupName,
      details: {
        ...settings,
        account_groups: all.map(({ aid, accountGroupName }) => ({ id: aid, name: accountGroupName })),
      },
    })
  },
  access: { kind: 'static', of: ({ secret }) => bearer(secret.token) },
  resources: async (ctx, { access, details }, cursor) => {
    const url = withQuery(`${API}/tests`, { aid: details.account_group_id ?? undefined })
    return mapOk(await ask(ctx.fetch, url, { headers: headersOf(access) }, tests), ({ tests }) =>
      sliceOf(
        (tests ?? []).map(({ testId, testName, type, enabled }) => ({
          id: testId,
          name: testName,
          type: 'test',
          details: { kind: type ?? null, active: enabled ?? null },
        })),
        cursor,
      ),
    )
  },
  operations,
})
