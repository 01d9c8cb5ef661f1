import { findSource } from '../alerts'
import type { AppContext } from './env'

/** Where a sender posts to: `tail` is its ingest token, or what may be shown of it. */
export function webhookAddress(c: AppContext, source: string, tail: string): string {
  const base = c.env.PUBLIC_API_URL ?? new URL(c.req.url).origin
  const path = findSource(source)?.address ?? `/api/webhooks/${source}/{key}`
  const { origin } = new URL(base)
  return `${origin}${path.replace('{key}', tail)}`
}
