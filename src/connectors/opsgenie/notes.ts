/** Writing a note on an alert of Opsgenie's, or of Jira Service Management's operations. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { alertsOf, type Details } from './details'

/** Both take requests in and carry them out a moment later. */
const accepted = z.object({ requestId: z.string() })

/** @returns the id of the request that was taken in */
export async function addNote(
  ctx: VendorCtx,
  access: Access,
  details: Details,
  { alertId, note }: { readonly alertId: string; readonly note: string },
): Promise<Outcome<string>> {
  const answer = await ask(
    ctx.fetch,
    `${alertsOf(details)}/${encodeURIComponent(alertId)}/notes`,
    {
      method: 'POST',
      headers: { ...headersOf(access), accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ note }),
    },
    accepted,
    {
      401: { kind: 'expired' },
      404: { kind: 'no_resources', text: 'Alert not found in Opsgenie' },
      422: { kind: 'no_resources', text: 'Opsgenie does not accept this note' },
    },
  )
  return mapOk(answer, ({ requestId }) => requestId)
}
