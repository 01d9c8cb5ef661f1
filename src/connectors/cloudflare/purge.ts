/** Emptying a zone's cache. Doing it again does no harm but to the cache. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { API } from './details'

const purged = z.object({ success: z.literal(true), result: z.object({ id: z.string() }) })

/** @param files the addresses to forget; null for everything @returns the zone's id */
export async function purgeCache(
  ctx: VendorCtx,
  access: Access,
  { zoneId, files }: { readonly zoneId: string; readonly files: readonly string[] | null },
): Promise<Outcome<string>> {
  const answer = await ask(
    ctx.fetch,
    `${API}/zones/${encodeURIComponent(zoneId)}/purge_cache`,
    {
      method: 'POST',
      headers: { ...headersOf(access), 'content-type': 'application/json' },
      body: JSON.stringify(files === null ? { purge_everything: true } : { files }),
    },
    purged,
    {
      400: { kind: 'no_resources', text: 'Cloudflare does not accept this purge' },
      401: { kind: 'expired' },
      404: { kind: 'no_resources', text: 'Zone not found in Cloudflare' },
    },
  )
  return mapOk(answer, ({ result }) => result.id)
}
