/** A new sender whose vendor's account is connected is set up at the vendor too, where that is possible. */
import { MONITORED_EVENTS } from '../../alerts/pagerduty'
import type * as z from 'zod'
import { pagerduty } from '../../connectors/pagerduty'
import { subscribe } from '../../connectors/pagerduty/subscribe'
import { log } from '../../lib/log'
import type { Masters } from '../../lib/seal-masters'
import { liveConnections } from '../../store/connections'
import type { Ctx } from '../context'
import { createIntegration } from '../create-integration'
import type { newIntegration } from '../integration-input'
import { setSigningSecret } from '../integration-secrets'
import { withAccess } from './call'
import type { Ports } from './ports'

type Created = Awaited<ReturnType<typeof createIntegration>>

/**
 * Creates the integration; one of PagerDuty is subscribed to the connected account's incidents, and its secret is stored.
 * Where that fails (no right to write, no https), a person does it by hand as ever.
 * @throws AppError like `createIntegration`
 */
export async function connectSender(
  ctx: Ctx,
  ports: { readonly connectors: Ports; readonly masters: () => Promise<Masters> },
  addressOf: (ingestToken: string) => string,
  input: z.output<typeof newIntegration>,
): Promise<Created> {
  const created = await createIntegration(ctx, ports.masters, input)
  if (input.source !== pagerduty.id) return created
  try {
    const secret = await subscribeAt(ctx, ports.connectors, addressOf(created.ingestToken))
    if (secret === null) return created
    const { id } = created.integration
    const { integration } = await setSigningSecret(ctx, await ports.masters(), id, { secret })
    return { ...created, integration }
  } catch (error) {
    log.error('pagerduty.not_subscribed', error, { orgId: ctx.actor.orgId })
    return created
  }
}

/** The signing secret; null where nothing is connected or the vendor refuses. */
async function subscribeAt(ctx: Ctx, ports: Ports, address: string): Promise<string | null> {
  const [row] = await liveConnections(ctx.db, pagerduty.id)
  if (row === undefined || !address.startsWith('https:')) return null
  const outcome = await withAccess(ctx.db, ports, pagerduty, row, (vendor, access) =>
    subscribe(vendor, access, address, MONITORED_EVENTS),
  )
  if (outcome.kind === 'ok') return outcome.value
  log.warn('pagerduty.not_subscribed', { orgId: ctx.actor.orgId, outcome: outcome.kind })
  return null
}
