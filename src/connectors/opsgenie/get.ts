import type { Schema } from '../../lib/schema'
import { headersOf, type Access } from '../access'
import { readAs, type Judgement } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import type { Outcome } from '../outcome'

/** A GET; Opsgenie also says in a header that it is throttling. */
export async function get<T>(
  ctx: VendorCtx,
  access: Access | null,
  url: string,
  schema: Schema<T>,
  judgement?: Judgement,
): Promise<Outcome<T>> {
  const answer = await ctx.fetch(url, access === null ? {} : { headers: headersOf(access) })
  if (answer.kind !== 'ok') return answer
  if (answer.value.headers.get('x-ratelimit-state') === 'THROTTLED')
    return { kind: 'rate_limited', retryAfterSeconds: 30 }
  return readAs(answer.value, schema, judgement)
}
