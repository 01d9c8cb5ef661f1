/** What the receiving verb needs of a request: one for webhooks and emulated APIs alike. */
import { SnsVerifier } from '../alerts/sns-signature'
import { AppError } from '../lib/errors'
import { gateName, windowsOf } from '../lib/limits'
import { log } from '../lib/log'
import type { ReceivePorts } from '../services/receive-delivery'
import type { AppContext } from './env'
import { mastersOf } from './masters'
import { countAttempt } from './middleware/gate'
import { nudges, receivingOf } from './middleware/tenant'

/** One per isolate, for the certificates that it keeps. */
const sns = new SnsVerifier((input, init) => fetch(input, init))

export const receivingPorts = (c: AppContext): ReceivePorts => ({
  receiving: receivingOf(c),
  masters: () => mastersOf(c),
  count: (gate) => countDelivery(c, gate),
  nudge: nudges(c).delivery,
  sns,
})

/** Counts the delivery; a gate that cannot be reached lets it through, since losing an alert is worse. */
async function countDelivery(c: AppContext, gate: string): Promise<void> {
  try {
    await countAttempt(c, gateName.integration(gate), windowsOf(c.env, 'integration'))
  } catch (error) {
    if (error instanceof AppError && error.code === 'rate_limited')
      throw new AppError('rate_limited', 'Rate limit exceeded', { headers: { 'retry-after': '1' } })
    log.error('webhook.gate_unreachable', error, { requestId: c.var.requestId })
  }
}
