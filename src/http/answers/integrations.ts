import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import { inForce, type readIntegration } from '../../services/integrations'
import { maybeTime, time } from './fields'

type Read = Awaited<ReturnType<typeof readIntegration>>

export const integration = z.object({
  id: z.uuid(),
  source: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  verification: z.enum(['required', 'if_configured', 'token_only']),
  hasSigningSecret: z.boolean(),
  tokenSuffix: z.string(),
  previousTokenExpiresAt: maybeTime,
  settings: z.record(z.string(), z.unknown()),
  health: z
    .object({
      lastDeliveryAt: maybeTime,
      lastProcessedAt: maybeTime,
      /** When the vendor's test button was last heard of. */
      lastTestAt: maybeTime,
      rejected24h: z.int(),
      held: z.int(),
      dead24h: z.int(),
    })
    .optional(),
  createdBy: z.uuid(),
  createdAt: time,
  updatedAt: time,
})

export const integrationAnswer = z.object({ integration })
/** The only answers with a token: of creating, and of rotating. */
export const integrationWithToken = z.object({
  integration,
  ingestToken: z.string(),
  webhookUrl: z.url(),
  /** Where it was made here, at creation. */
  signingSecret: z.string().optional(),
})
export const integrationWithSecret = z.object({ integration, signingSecret: z.string().nullable() })
export const integrationList = z.object({ integrations: z.array(integration) })
export const success = z.object({ success: z.literal(true) })

export const showIntegration = (
  row: Read['integration'],
  health?: Read['health'],
): z.infer<typeof integration> => ({
  id: row.id,
  source: row.source,
  name: row.name,
  enabled: row.enabled,
  verification: row.verification,
  hasSigningSecret: row.signingSecret !== null,
  tokenSuffix: row.tokenSuffix,
  previousTokenExpiresAt: isoOrNull(row.previousTokenExpiresAt),
  settings: { ...inForce(row) },
  ...(health === undefined
    ? {}
    : {
        health: {
          lastDeliveryAt: isoOrNull(health?.lastDeliveryAt ?? null),
          lastProcessedAt: isoOrNull(health?.lastProcessedAt ?? null),
          lastTestAt: isoOrNull(row.lastTestAt),
          rejected24h: health?.rejected24h ?? 0,
          held: health?.held ?? 0,
          dead24h: health?.dead24h ?? 0,
        },
      }),
  createdBy: row.createdBy,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})
