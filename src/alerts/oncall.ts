/** The formatted webhook of Grafana OnCall. */
import * as z from 'zod'
import { lenientText } from './lenient'
import { alertSource } from './source'

export const oncall = alertSource({
  slug: 'oncall',
  sourceType: 'oncall',
  displayName: 'Grafana OnCall',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [{ family: 'A', path: '/integrations/v1/formatted_webhook/{key}' }],
  deliveryIdentity: 'request',
  payload: z.object({
    alert_uid: lenientText,
    title: lenientText,
    state: lenientText,
    message: lenientText,
    image_url: lenientText,
    link_to_upstream_details: lenientText,
  }),
  toAlerts: (body) => [
    {
      type: 'alert',
      state: body.state?.toLowerCase() === 'ok' ? 'resolved' : 'firing',
      dedupKey: body.alert_uid,
      identity: 'facts',
      title: body.title,
      description: body.message,
      sourceUrl: body.link_to_upstream_details,
      sourceAlertId: body.alert_uid,
      metadata: { alertUrl: body.link_to_upstream_details, imageUrl: body.image_url },
    },
  ],
  example: {
    alert_uid: '08d6891a-835c-e661-39fa-96b6a9e26552',
    title: 'checkout-api 5xx',
    image_url: '',
    state: 'alerting',
    link_to_upstream_details: 'https://probe.example.com/run/77',
    message: '8% of requests fail',
  },
})
