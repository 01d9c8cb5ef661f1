/** Deliveries that came before their signing secret was known are judged when it arrives. */
import type { AlertSource } from '../alerts/source'
import { utf8 } from '../lib/hmac'
import type { Masters } from '../lib/seal-masters'
import { DAY } from '../lib/time'
import type { IntegrationRow } from '../store/integration-rows'
import { heldDeliveries, rejectHeldBefore, settleHeld } from '../store/integrations'
import type { Ctx } from './context'
import { judge } from './judge-delivery'

const KEPT = DAY
const MOST = 1000
/** Bodies may be large: few are in memory at a time. */
const PAGE = 20

/** In order of receipt, by the time of receipt: genuine ones are processed, others refused. */
export async function releaseHeld(
  ctx: Ctx,
  source: AlertSource,
  integration: IntegrationRow,
  masters: Masters,
): Promise<void> {
  const { db, now } = ctx
  await rejectHeldBefore(db, integration.id, now - KEPT, 'secret_never_configured')
  for (let done = 0; done < MOST; done += PAGE) {
    const held = await heldDeliveries(db, integration.id, PAGE)
    if (held.length === 0) return
    const judged = await Promise.all(
      held.map(async ({ id, receivedAt, headers, body }) => {
        const request = { headers: new Headers(headers), bytes: utf8(body), receivedAt }
        const sender = { integration, proof: 'token' } as const
        const judgement = await judge(source, request, sender, () => Promise.resolve(masters))
        return judgement.kind === 'refused'
          ? ({ id, state: 'rejected', authenticity: 'none', reason: judgement.reason } as const)
          : ({ id, state: 'received', authenticity: judgement.authenticity, reason: null } as const)
      }),
    )
    await settleHeld(db, judged)
    for (const { id, state } of judged) if (state === 'received') ctx.nudge.delivery(id)
  }
  // What is left must not wait for a secret that is there.
  await rejectHeldBefore(db, integration.id, now + DAY, 'too_many_held')
}
