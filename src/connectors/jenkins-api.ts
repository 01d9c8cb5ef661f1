/** What Jenkins and CloudBees have in common: a user's API token at a controller that the customer runs. */
import * as z from 'zod'
import { text } from '../lib/fields'
import { headerAccess, headersOf, type Access } from './access'
import { readBaseUrl } from './address'
import { ask, basic, jsonOf } from './ask'
import type { Candidate, Proof } from './proof'
import type { VendorCtx } from './vendor-ctx'
import { alsoNamed } from './form'
import { mapOk, ok, type Outcome } from './outcome'
import { withQuery } from './read'

/** Pages of the user interface that people copy along with the address. */
const PAGES =
  /\/(?:login|logout|manage|configure|asynchPeople|people|builds|computer|newView|newJob|view|job|blue|me|user|script|systemInfo|pluginManager|queue|api|cli|whoAmI|loginError)(?:\/.*)?$/i

const secret = z.object({ apiToken: z.string() })
const settings = z.object({ baseUrl: z.string(), username: z.string() })
export const details = settings.extend({
  server: z.object({ version: z.string().nullable(), mode: z.string().nullable() }),
})

type Secret = z.infer<typeof secret>
type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

export const formOf = (name: string) =>
  alsoNamed(
    { base_url: 'baseUrl', url: 'baseUrl', token: 'apiToken', api_token: 'apiToken' },
    z.object({
      baseUrl: text({ error: `${name} URL is required`, max: 500 }),
      username: text({ error: 'Username is required', max: 200 }),
      apiToken: text({ error: 'API token is required', max: 1000 }),
    }),
  )

type Form = z.output<ReturnType<typeof formOf>>

/** The credential of a checked form; the address without the page that somebody was on. */
export const readForm = (
  { baseUrl, username, apiToken }: Form,
  ownHosts: readonly string[],
): Outcome<Candidate<Secret, Settings>> =>
  mapOk(readBaseUrl(baseUrl.split(/[?#]/, 1)[0] ?? '', ownHosts), (base) => ({
    secret: { apiToken },
    settings: { baseUrl: withoutPage(base), username },
  }))

function withoutPage(base: string): string {
  const url = new URL(base)
  return `${url.origin}${url.pathname.replace(PAGES, '')}`.replace(/\/+$/, '')
}

const accessOf = ({ secret, settings }: Candidate<Secret, Settings>): Access =>
  headerAccess({ authorization: basic(settings.username, secret.apiToken) })

const root = z.object({ mode: z.string().nullish(), nodeDescription: z.string().nullish() })

/** What the declarations of both have in common. */
export const controllerAccount = (id: 'jenkins' | 'cloudbees', name: string) =>
  ({
    id,
    name,
    category: 'ci',
    kinds: ['api_key'],
    multiAccount: false,
    hosts: 'self_hosted',
    alertSource: id,
    revokeHint: `Revoke the API token under your user, Security in ${name}.`,
    summary: ['baseUrl'],
    original: { prefixes: [`/${id}`], ownStatus: true },
    secret,
    settings,
    details,
    prove: (ctx: VendorCtx, candidate: Candidate<Secret, Settings>, access: Access) =>
      prove(ctx, candidate, access, name),
    access: { kind: 'static', of: accessOf },
  }) as const

/** `GET {base}/api/json` as this user. A controller that lets anybody read would say yes to a wrong token, so it is asked who we are, too. */
async function prove(
  ctx: VendorCtx,
  { settings }: Candidate<Secret, Settings>,
  access: Access,
  name: string,
): Promise<Outcome<Proof<Secret, Details>>> {
  const refused = { kind: 'credential_refused', text: `${name} refused the user or API token` } as const
  const judgement = { 401: refused, 403: refused }
  const url = withQuery(`${settings.baseUrl}/api/json`, { tree: 'mode,nodeDescription' })
  const answer = await ctx.fetch(url, { headers: headersOf(access) })
  if (answer.kind !== 'ok') return answer
  const { status, headers } = answer.value
  if (status === 401 || status === 403) return refused
  const read = status === 200 ? root.safeParse(jsonOf(answer.value)) : null
  if (read?.success !== true) return { kind: 'vendor_error' }
  const who = await ask(
    ctx.fetch,
    `${settings.baseUrl}/me/api/json?tree=id`,
    { headers: headersOf(access) },
    z.object({ id: z.string() }),
    judgement,
  )
  if (who.kind !== 'ok') return who
  return ok({
    accountId: settings.baseUrl,
    accountName: new URL(settings.baseUrl).host,
    details: { ...settings, server: { version: headers.get('x-jenkins'), mode: read.data.mode ?? null } },
  })
}
