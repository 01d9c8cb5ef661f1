/** How a controller of Jenkins or CloudBees is doing: its jobs, its queue, its nodes. */
import * as z from 'zod'
import { headersOf, type Access } from './access'
import { ask } from './ask'
import type { Details } from './jenkins-api'
import { mapOk, ok, type Outcome } from './outcome'
import { sliceOf, type Page } from './paging'
import type { VendorCtx } from './vendor-ctx'

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
