/** The original's companion routes: the address of a sender, and the texts to copy into its settings. */
import { Hono } from 'hono'
import { sources } from '../../alerts'
import type { AlertSource } from '../../alerts/source'
import { integrationOf, issueWebhookUrl } from '../../services/webhook-urls'
import { showWebhookUrl, webhookUrl } from '../answers/webhook-urls'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { mastersOf } from '../masters'
import { webhookAddress } from '../webhook-address'

const TAIL = '/webhook/{key}'

export const webhookUrls = new Hono<App>()

for (const source of sources) {
  const path = companionPath(source)
  if (path === null) continue
  webhookUrls
    .get(
      path,
      endpoint({
        summary: `The webhook address for ${source.displayName}, its token masked`,
        who: 'viewer',
        bucket: 'default',
        answers: { 200: webhookUrl },
      }),
      async (c) => {
        const integration = await integrationOf(c.var.ctx, source)
        if (integration === null) return c.json(showWebhookUrl(source, null, null, false))
        const address = webhookAddress(c, source.slug, `…${integration.tokenSuffix}`)
        return c.json(showWebhookUrl(source, integration, address, true))
      },
    )
    .post(
      path,
      endpoint({
        summary: `Connect ${source.displayName} or give it a new token; the address is shown this once`,
        who: 'editor',
        bucket: 'default',
        answers: { 200: webhookUrl },
        errors: ['already_exists', 'conflict', 'unavailable'],
      }),
      async (c) => {
        const issued = await issueWebhookUrl(c.var.ctx, () => mastersOf(c), source)
        const { integration, ingestToken, signingSecret } = issued
        const address = webhookAddress(c, source.slug, ingestToken)
        return c.json({
          ...showWebhookUrl(source, integration, address, false),
          ...(signingSecret === null ? {} : { signingSecret }),
        })
      },
    )
}

/** `/grafana/alerts/webhook-url` beside `/grafana/alerts/webhook/{key}`; null for a source without such a path. */
function companionPath({ aliases }: AlertSource): string | null {
  const path = aliases?.find(({ path, family }) => family === 'A' && path.endsWith(TAIL))?.path
  return path === undefined ? null : path.replace(TAIL, '/webhook-url')
}
