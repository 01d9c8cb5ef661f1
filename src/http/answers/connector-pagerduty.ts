/** PagerDuty's connection in the shapes that the original's clients know. */
import * as z from 'zod'
import { details } from '../../connectors/pagerduty/details'
import { iso, isoOrNull } from '../../lib/time'
import type { Connected } from '../../services/connectors/connect'
import type { ProviderStatus } from '../../services/connectors/status'

const text = z.string().nullable()

export const pagerdutyConnected = z.object({
  connected: z.literal(true),
  displayName: text,
  validated_at: z.iso.datetime().nullable(),
  capabilities: z.array(z.string()),
  external_user_email: z.string().optional(),
  external_user_name: z.string().optional(),
  account_subdomain: z.string().optional(),
})

export const pagerdutyStatus = z.object({
  connected: z.boolean(),
  error: z.string().optional(),
  displayName: text.optional(),
  validatedAt: z.iso.datetime().nullable().optional(),
  authType: z.enum(['api_token', 'oauth']).optional(),
  capabilities: z.array(z.string()).optional(),
  externalUserEmail: text.optional(),
  externalUserName: text.optional(),
  accountSubdomain: text.optional(),
})

/** What connecting answers; members that are not known are left out. */
export function showPagerdutyConnected(made: Connected): z.infer<typeof pagerdutyConnected> {
  const known = made.kind === 'connection' ? details.parse(made.connection.publicJson) : null
  return {
    connected: true,
    displayName: known?.displayName ?? null,
    validated_at:
      made.kind === 'connection' ? iso(made.connection.lastVerifiedAt ?? made.connection.updatedAt) : null,
    capabilities: known?.capabilities ?? [],
    ...(known?.externalUserEmail == null ? {} : { external_user_email: known.externalUserEmail }),
    ...(known?.externalUserName == null ? {} : { external_user_name: known.externalUserName }),
    ...(known?.accountSubdomain == null ? {} : { account_subdomain: known.accountSubdomain }),
  }
}

/** `connected: false` alone when there is nothing, with a sentence when the stored state is an error. */
export function showPagerduty(it: ProviderStatus): z.infer<typeof pagerdutyStatus> {
  const row = it.connections.find(({ status }) => status === 'connected')
  if (row !== undefined)
    return { connected: true, ...details.parse(row.publicJson), validatedAt: isoOrNull(row.lastVerifiedAt) }
  return it.status === 'error'
    ? { connected: false, error: 'The stored credential no longer works. Please reconnect.' }
    : { connected: false }
}
