/** Cloudflare's notifications. */
import * as z from 'zod'
import type { AlertDraft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'

const payload = z.object({
  name: lenientText,
  text: lenientText,
  data: lenientRecord,
  ts: lenientValue,
  account_id: lenientText,
  policy_id: lenientText,
  policy_name: lenientText,
  alert_type: lenientText,
  alert_correlation_id: lenientText,
  alert_event: lenientText,
})
type Notification = z.infer<typeof payload>

function read(body: Notification): AlertDraft {
  const { data, policy_id: policy, alert_type: alertType } = body
  // Without a kind it is the vendor's "send a test" button.
  const test = alertType === null
  const state = body.alert_event?.endsWith('END') === true ? 'resolved' : 'firing'
  return {
    type: 'alert',
    state: test ? 'info' : state,
    test,
    dedupKey: body.alert_correlation_id ?? `${policy ?? ''}|${alertType ?? 'test'}`,
    title: body.name ?? body.policy_name,
    description: body.text,
    severityRaw: data['severity'],
    labels: Object.fromEntries(Object.entries(data).filter(([, value]) => typeof value !== 'object')),
    vendorService: [data['zone_name']],
    vendorHost: [data['zone_name']],
    startsAt: state === 'firing' ? body.ts : null,
    eventTime: body.ts,
    sourceAlertId: body.alert_correlation_id ?? policy,
    metadata: {
      policyId: policy,
      policyName: body.policy_name,
      alertType,
      accountId: body.account_id,
      data,
    },
  }
}

export const cloudflare = alertSource({
  slug: 'cloudflare',
  sourceType: 'cloudflare',
  displayName: 'Cloudflare',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  // Many of its notifications have no end.
  settings: { autoResolveSeconds: 1800 },
  payload,
  toAlerts: (body) => [read(body)],
  example: {
    name: 'Origin errors',
    text: 'High rate of 5xx responses from the origin of example.com',
    data: { zone_name: 'example.com', severity: 'high' },
    ts: 1_767_261_761,
    account_id: 'f7232cb80f6fab86a95426302af243e4',
    policy_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    policy_name: 'Origin errors',
    alert_type: 'http_alert_origin_error',
    alert_correlation_id: 'b0c1d2e3f4a5968778695a4b3c2d1e0f',
    alert_event: 'ALERT_STATE_EVENT_START',
  },
})
