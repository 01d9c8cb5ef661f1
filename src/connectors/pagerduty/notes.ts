/** Writing a note on an incident of PagerDuty's. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { ACCEPT, API } from './details'

const noted = z.object({ note: z.object({ id: z.string() }) })

/**
 * @param from e-mail of the user who writes it: a key of the whole account is nobody's, and PagerDuty asks for a name
 * @returns the note's id
 */
export async function addNote(
  ctx: VendorCtx,
  access: Access,
  note: { readonly incidentId: string; readonly content: string; readonly from: string | null },
): Promise<Outcome<string>> {
  const headers = {
    ...headersOf(access),
    accept: ACCEPT,
    'content-type': 'application/json',
    ...(note.from === null ? {} : { from: note.from }),
  }
  const body = JSON.stringify({ note: { content: note.content } })
  const url = `${API}/incidents/${encodeURIComponent(note.incidentId)}/notes`
  const answer = await ask(ctx.fetch, url, { method: 'POST', headers, body }, noted, {
    400: { kind: 'no_resources', text: 'PagerDuty does not accept this note' },
    401: { kind: 'expired' },
    404: { kind: 'no_resources', text: 'Incident not found in PagerDuty' },
  })
  return mapOk(answer, ({ note }) => note.id)
}
