/** Subscribing an address of ours to an account's incidents: PagerDuty answers the secret with which it will sign, once. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { ACCEPT, API } from './details'

const subscribed = z.object({
  webhook_subscription: z.object({ delivery_method: z.object({ secret: z.string().min(1) }) }),
})

/** Answers the signing secret. */
export async function subscribe(
  ctx: VendorCtx,
  access: Access,
  url: string,
  events: readonly string[],
): Promise<Outcome<string>> {
  const answer = await ask(
    ctx.fetch,
    `${API}/webhook_subscriptions`,
    {
      method: 'POST',
      headers: { ...headersOf(access), accept: ACCEPT, 'content-type': 'application/json' },
      body: JSON.stringify({
        webhook_subscription: {
          type: 'webhook_subscription',
          description: 'Aurora',
          delivery_method: { type: 'http_delivery_method', url },
          events,
          filter: { type: 'account_reference' },
        },
      }),
    },
    subscribed,
  )
  return mapOk(answer, ({ webhook_subscription }) => webhook_subscription.delivery_method.secret)
}
