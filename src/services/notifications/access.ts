/** What a channel needs to reach its receiver: kept sealed, bound to its row. */
import * as z from 'zod'
import { open, seal } from '../../lib/seal'
import type { Masters } from '../../lib/seal-masters'

const accessSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('slack'), url: z.string() }),
  z.object({ kind: z.literal('google_chat'), url: z.string() }),
  z.object({
    kind: z.literal('webhook'),
    url: z.string(),
    secret: z.string(),
    /** The secret before a rotation signs as well until then, ms. */
    previous: z.object({ secret: z.string(), until: z.number() }).nullable(),
  }),
  z.object({
    kind: z.literal('email'),
    provider: z.enum(['resend', 'postmark']),
    /** Another place that speaks the provider's language. */
    endpoint: z.string().nullable(),
    apiKey: z.string(),
  }),
])
export type Access = z.infer<typeof accessSchema>

/** The place that a channel's secrets are sealed for. */
export const channelPlace = ({ id, orgId }: { readonly id: string; readonly orgId: string }): string =>
  `notification_channel:${orgId}:${id}`

export const sealAccess = (
  masters: Masters,
  channel: { readonly id: string; readonly orgId: string },
  access: Access,
): Promise<string> => seal(masters, channelPlace(channel), JSON.stringify(access))

/** Null when the keys that sealed it are gone, or it belongs to another row. */
export async function openAccess(
  masters: Masters,
  channel: { readonly id: string; readonly orgId: string; readonly sealed: string | null },
): Promise<Access | null> {
  if (channel.sealed === null) return null
  const opened = await open(masters, channelPlace(channel), channel.sealed)
  return opened.ok ? accessSchema.parse(JSON.parse(opened.plaintext)) : null
}
