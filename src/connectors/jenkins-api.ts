/** What Jenkins and CloudBees have in common: a user's API token at a controller that the customer runs. */
import * as z from 'zod'
import { text } from '../lib/fields'
import { headerAccess, headersOf, type Access } from './access'
import { readBaseUrl } from './address'
import { ask, basic } from './ask'
import type { Candidate, Proof } from './proof'
import type { VendorCtx } from './vendor-ctx'
import { alsoNamed } from './form'
import { mapOk, ok, type Outcome } from './outcome'
import { sliceOf, type Page } from './paging'
import { withQuery } from './read'

/** Pages of the user interface that people copy along with the address. */
const PAGES =
  /\/(?:login|logout|manage|configure|asynchPeople|people|builds|computer|newView|newJob|view|job|blue|me|user|script|systemInfo|pluginManager|queue|api|cli|whoAmI|loginError)(?:\/.*)?$/i

export const secret = z.object({ apiToken: z.string() })
export const settings = z.object({ baseUrl: z.string(), username: z.string() })
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

export const accessOf = ({ secret, settings }: Candidate<Secret, Settings>): Access =>
  headerAccess({ authorization: basic(settings.username, secret.apiToken) })

const root = z.object({ mode: z.string().nullish(), nodeDescription: z.string().nullish() })

/** `GET {base}/api/json` as this user. A controller that lets anybody read would say yes to a wrong token, so it is asked who we are, too. */
export async function prove(
  ctx: VendorCtx,
  { settings }: Candidate<Secret, Settings>,
  access: Access,
  name: string,
): Promise<Outcome<Proof<Secret, Details>>> {
  const refused = { kind: 'credential_refused', text: `${name} refused the user or API token` } as const
  const judgement = { 401: refused, 403: refused }
  const answer = await ctx.fetch(
    withQuery(`${settings.baseUrl}/api/json`, { tree: 'mode,nodeDescription' }),
    {
      headers: headersOf(access),
    },
  )
  if (answer.kind !== 'ok') return answer
  const { status, headers } = answer.value
  if (status === 401 || status === 403) return refused
  const read = status === 200 ? root.safeParse(parsed(answer.value.text)) : null
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

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const jobs = z.object({
  jobs: z.array(
    z.object({
      name: z.string(),
      url: z.string().nullish(),
      color: z.string().nullish(),
      _class: z.string().nullish(),
    }),
  ),
})

/** The jobs at the top. */
export async function jobsOf(
  ctx: VendorCtx,
  { access, details }: { readonly access: Access; readonly details: Details },
  cursor: string | null,
): Promise<Outcome<Page>> {
  const url = `${details.baseUrl}/api/json?tree=jobs[name,color,_class]`
  const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, jobs)
  return mapOk(found, (it) =>
    sliceOf(
      it.jobs.map(({ name, color, _class }) => ({
        id: name,
        name,
        type: 'job',
        details: { health: healthOf(color ?? null), kind: _class?.split('.').at(-1) ?? null },
      })),
      cursor,
    ),
  )
}

/** What Jenkins says with colours; `_anime` means that a build is at work. */
const HEALTH: Readonly<Record<string, string>> = {
  blue: 'healthy',
  yellow: 'unstable',
  red: 'failing',
  aborted: 'aborted',
  disabled: 'disabled',
  notbuilt: 'never_built',
}
const healthOf = (color: string | null): string => HEALTH[color?.replace(/_anime$/, '') ?? ''] ?? 'unknown'

const nodes = z.object({
  totalExecutors: z.int().default(0),
  busyExecutors: z.int().default(0),
  computer: z.array(z.object({ offline: z.boolean() })).default([]),
})
const queue = z.object({ items: z.array(z.unknown()).default([]) })

/** How the controller is doing: its jobs by health, its queue, its nodes. */
export async function summaryOf(
  ctx: VendorCtx,
  access: Access,
  { baseUrl }: Pick<Details, 'baseUrl'>,
): Promise<Outcome<Summary>> {
  const headers = headersOf(access)
  const [all, waiting, machines] = await Promise.all([
    ask(ctx.fetch, `${baseUrl}/api/json?tree=jobs[name,color]`, { headers }, jobs),
    ask(ctx.fetch, `${baseUrl}/queue/api/json?tree=items[id]`, { headers }, queue),
    ask(
      ctx.fetch,
      `${baseUrl}/computer/api/json?tree=totalExecutors,busyExecutors,computer[offline]`,
      { headers },
      nodes,
    ),
  ])
  if (all.kind !== 'ok') return all
  if (waiting.kind !== 'ok') return waiting
  if (machines.kind !== 'ok') return machines
  const jobHealth: Record<string, number> = {}
  for (const { color } of all.value.jobs) {
    const health = healthOf(color ?? null)
    jobHealth[health] = (jobHealth[health] ?? 0) + 1
  }
  const offline = machines.value.computer.filter((node) => node.offline).length
  return ok({
    jobCount: all.value.jobs.length,
    jobHealth,
    queueSize: waiting.value.items.length,
    nodesOnline: machines.value.computer.length - offline,
    nodesOffline: offline,
    totalExecutors: machines.value.totalExecutors,
    busyExecutors: machines.value.busyExecutors,
  })
}

export interface Summary {
  readonly jobCount: number
  readonly jobHealth: Readonly<Record<string, number>>
  readonly queueSize: number
  readonly nodesOnline: number
  readonly nodesOffline: number
  readonly totalExecutors: number
  readonly busyExecutors: number
}

const controllers = z.object({
  jobs: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      _class: z.string().nullish(),
      description: z.string().nullish(),
      online: z.boolean().nullish(),
      approved: z.boolean().nullish(),
    }),
  ),
})

export interface Controller {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly kind: 'managed' | 'client'
  readonly online: boolean | null
  readonly approved: boolean | null
  readonly description: string | null
}

/** The controllers of an operations center; none for a controller by itself. */
export async function controllersOf(
  ctx: VendorCtx,
  access: Access,
  { baseUrl }: Pick<Details, 'baseUrl'>,
): Promise<Outcome<readonly Controller[]>> {
  const tree = 'jobs[name,url,_class,description,online,approved]'
  const found = await ask(
    ctx.fetch,
    withQuery(`${baseUrl}/api/json`, { tree }),
    { headers: headersOf(access) },
    controllers,
  )
  return mapOk(found, ({ jobs }) =>
    jobs.flatMap(({ name, url, _class, description, online, approved }) => {
      const kind = /\.(Managed|Client)Master$/.exec(_class ?? '')?.[1]
      if (kind === undefined) return []
      return [
        {
          id: name,
          name,
          url,
          kind: kind === 'Managed' ? ('managed' as const) : ('client' as const),
          online: online ?? null,
          approved: approved ?? null,
          description: description ?? null,
        },
      ]
    }),
  )
}
