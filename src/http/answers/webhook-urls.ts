import * as z from 'zod'
import { settingsFor } from '../../alerts/settings'
import type { AlertSource } from '../../alerts/source'
import type { integrationOf } from '../../services/webhook-urls'

type Integration = Awaited<ReturnType<typeof integrationOf>>

export const webhookUrl = z.object({
  /** Null while there is no integration. */
  webhookUrl: z.string().nullable(),
  /** Whether only the end of its token is shown. */
  masked: z.boolean(),
  integrationId: z.uuid().nullable(),
  instructions: z.array(z.string()),
  /** Texts to copy into the vendor's settings, where the source has them. */
  payloadTemplate: z.string().optional(),
  jenkinsfileBasic: z.string().optional(),
  jenkinsfileCurl: z.string().optional(),
  /** What the vendor's test delivery named; only of sources that send one. */
  verificationToken: z.string().nullable().optional(),
  /** Of an integration that was just made, where its sender signs with a secret of ours. */
  signingSecret: z.string().optional(),
})

/** `address` is null while there is no integration. */
export function showWebhookUrl(
  source: AlertSource,
  integration: Integration,
  address: string | null,
  masked: boolean,
): z.infer<typeof webhookUrl> {
  const texts = Object.entries(source.templates ?? {}).map(
    ([name, text]) => [name, text.replaceAll('{webhookUrl}', address ?? '<webhook URL>')] as const,
  )
  const { verificationToken } = settingsFor(source, integration?.settings ?? {})
  return {
    webhookUrl: address,
    masked,
    integrationId: integration?.id ?? null,
    instructions: [...(source.instructions ?? commonSteps(source))],
    ...Object.fromEntries(texts),
    ...(source.verificationToken === undefined ? {} : { verificationToken }),
  }
}

const commonSteps = ({ displayName, defaultVerification }: AlertSource): string[] => [
  `Enter the address as webhook URL in the settings of ${displayName}.`,
  'The address contains the ingest token: treat it like a password.',
  ...(defaultVerification === 'required'
    ? [
        "Store the sender's signing secret in this integration: until then deliveries are kept, but not processed.",
      ]
    : []),
]
