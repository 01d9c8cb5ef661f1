/** Azure's subscriptions, and the one that a connection is for. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { sameOriginPath } from '../address'
import { ask, type Judgement } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API } from './details'

const FIRST = '/subscriptions'
const MOST_PAGES = 10
/** A fresh token that is refused belongs to an application that was removed. */
const JUDGEMENT: Judgement = { 401: { kind: 'expired' } }

const subscription = z.object({
  subscriptionId: z.string(),
  displayName: z.string().default(''),
  state: z.string().default(''),
})
export type Subscription = z.infer<typeof subscription>
const page = z.object({ value: z.array(subscription), nextLink: z.string().nullish() })

export interface SubscriptionPage {
  readonly subscriptions: readonly Subscription[]
  /** Path and query of the next page on the same host. */
  readonly next: string | null
}

/** @param cursor path and query that a page before named, checked again here */
export async function listSubscriptions(
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<SubscriptionPage>> {
  const path = cursor ?? withQuery(FIRST, { 'api-version': '2020-01-01' })
  const url = `${API}${path}`
  if (!path.startsWith('/subscriptions?') || sameOriginPath(API, url) === null)
    return { kind: 'blocked', text: 'Invalid cursor' }
  const found = await ask(ctx.fetch, url, { headers: headersOf(access) }, page, JUDGEMENT)
  if (found.kind !== 'ok') return found
  const { value, nextLink } = found.value
  return ok({ subscriptions: value, next: nextLink == null ? null : sameOriginPath(url, nextLink) })
}

/** The subscription that was asked for, else the first that is enabled; null when there is none. */
export async function findSubscription(
  ctx: VendorCtx,
  access: Access,
  wanted: string | null,
): Promise<Outcome<Subscription | null>> {
  let cursor: string | null = null
  for (let count = 0; count < MOST_PAGES; count++) {
    const listed: Outcome<SubscriptionPage> = await listSubscriptions(ctx, access, cursor)
    if (listed.kind !== 'ok') return listed
    const found = listed.value.subscriptions.find(({ subscriptionId, state }) =>
      wanted === null ? state === 'Enabled' : subscriptionId.toLowerCase() === wanted && state === 'Enabled',
    )
    if (found !== undefined) return ok(found)
    cursor = listed.value.next
    if (cursor === null) break
  }
  return ok(null)
}

const cluster = z.object({ name: z.string(), id: z.string() })
const clusters = z.object({ value: z.array(cluster), nextLink: z.string().nullish() })

export interface Cluster {
  readonly name: string
  readonly resourceGroup: string
  readonly subscriptionId: string
}

/** The Kubernetes clusters of a subscription. */
export async function listClusters(
  ctx: VendorCtx,
  access: Access,
  subscriptionId: string,
): Promise<Outcome<readonly Cluster[]>> {
  const all: Cluster[] = []
  const base = `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.ContainerService/managedClusters`
  let path: string | null = withQuery(base, { 'api-version': '2023-06-01' })
  for (let count = 0; path !== null && count < MOST_PAGES; count++) {
    const url: string = `${API}${path}`
    const found: Outcome<z.infer<typeof clusters>> = await ask(
      ctx.fetch,
      url,
      { headers: headersOf(access) },
      clusters,
      JUDGEMENT,
    )
    if (found.kind !== 'ok') return found
    for (const { name, id } of found.value.value)
      all.push({ name, resourceGroup: /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? '', subscriptionId })
    path = found.value.nextLink == null ? null : sameOriginPath(url, found.value.nextLink)
  }
  return ok(all)
}
