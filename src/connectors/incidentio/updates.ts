/** Posting an update to an incident of incident.io's. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { API } from './details'

const posted = z.object({ incident_update: z.object({ id: z.string() }) })

/** @returns the update's id */
export async function postUpdate(
  ctx: VendorCtx,
  access: Access,
  { incidentId, message }: { readonly incidentId: string; readonly message: string },
): Promise<Outcome<string>> {
  const answer = await ask(
    ctx.fetch,
    `${API}/v2/incident_updates`,
    {
      method: 'POST',
      headers: { ...headersOf(access), 'content-type': 'application/json' },
      body: JSON.stringify({ incident_id: incidentId, message }),
    },
    posted,
    {
      401: { kind: 'expired' },
      404: { kind: 'no_resources', text: 'Incident not found in incident.io' },
      422: { kind: 'no_resources', text: 'incident.io does not accept this update' },
    },
  )
  return mapOk(answer, ({ incident_update }) => incident_update.id)
}
