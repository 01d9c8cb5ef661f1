/** Events as the PagerDuty Events API v2 takes them, for senders that only get another address and key. */
import * as z from 'zod'
import type { EventState } from './canonical'
import type { Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource, type SourceContext } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'

const payload = z.object({
  event_action: lenientText,
  dedup_key: lenientText,
  client: lenientText,
  client_url: lenientText,
  payload: lenientRecord,
  links: lenientValue,
  images: lenientValue,
})
type Event = z.infer<typeof payload>

const STATES: ReadonlyMap<string, EventState> = new Map<string, EventState>([
  ['trigger', 'firing'],
  ['acknowledge', 'acknowledged'],
  ['resolve', 'resolved'],
])
const LONGEST_SUMMARY = 1024

/** The key of an event that names none: 32 hex digits made of its delivery's id, the same for a repeated request. */
export const freshDedupKey = (deliveryId: string): string => deliveryId.replaceAll('-', '')

function read(event: Event, { deliveryId }: SourceContext): Draft {
  const fresh = deliveryId === undefined ? null : freshDedupKey(deliveryId)
  // Only change events have no action.
  if (event.event_action === null) return readChange(event, fresh)
  const { payload: about, client } = event
  const details = about['custom_details']
  const { component, group, class: kind } = about
  const links: readonly unknown[] = Array.isArray(event.links) ? event.links : []
  const found = links.filter(isRecord)
  return {
    type: 'alert',
    state: STATES.get(event.event_action) ?? 'info',
    dedupKey: event.dedup_key ?? fresh,
    identity: 'facts',
    title: textOf(about['summary'], LONGEST_SUMMARY),
    description: typeof details === 'string' ? details : null,
    severityRaw: about['severity'],
    labels: { component, group, class: kind, client, ...scalarsOf(details) },
    service: firstText(recordOf(details)['service'], component, group),
    host: about['source'],
    // Events count in the order in which they arrive; the client's clock only dates the start.
    startsAt: event.event_action === 'trigger' ? about['timestamp'] : null,
    sourceUrl: firstText(event.client_url, found[0]?.['href']),
    runbookUrl: found.find((link) => /runbook/i.test(textOf(link['text']) ?? ''))?.['href'],
    sourceAlertId: event.dedup_key ?? fresh,
    metadata: {
      component,
      group,
      class: kind,
      client,
      clientUrl: event.client_url,
      customDetails: details,
      links: event.links,
      images: event.images,
    },
  }
}

function readChange({ payload: about, links }: Event, fresh: string | null): Draft {
  const details = recordOf(about['custom_details'])
  const found: readonly unknown[] = Array.isArray(links) ? links : []
  return {
    type: 'change',
    kind: 'other',
    job: firstText(about['source'], details['service'], 'change'),
    build: firstText(fresh, about['timestamp'], 'unknown'),
    title: textOf(about['summary'], LONGEST_SUMMARY),
    service: firstText(details['service'], about['component'], about['group']),
    environment: firstText(details['env'], details['environment']),
    result: details['result'],
    url: recordOf(found[0])['href'],
    finishedAt: about['timestamp'],
  }
}

const scalarsOf = (details: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(recordOf(details)).filter(([, value]) => typeof value !== 'object'))

export const pagerdutyEvents = alertSource({
  slug: 'pagerduty_events',
  sourceType: 'pagerduty_events',
  displayName: 'PagerDuty Events',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  address: '/v2/enqueue',
  instructions: [
    'Send events to this address instead of the one of PagerDuty.',
    'Use the ingest token as routing key.',
  ],
  settings: { reopenWindowSeconds: 0 },
  deliveryIdentity: 'request',
  payload,
  toAlerts: (event, context) => [read(event, context)],
  example: {
    routing_key: '********************************',
    event_action: 'trigger',
    dedup_key: 'checkout-api/5xx/eu-1',
    client: 'nightly-probe',
    client_url: 'https://probe.example.com/run/77',
    payload: {
      summary: 'checkout-api returns 503 for 8% of requests',
      source: 'probe-eu-1',
      severity: 'critical',
      timestamp: '2026-01-01T10:02:41.000+0000',
      component: 'checkout-api',
      group: 'eu-1',
      class: 'http_5xx',
      custom_details: { ratio: 0.084, env: 'production' },
    },
    links: [{ href: 'https://runbooks.example.com/checkout-5xx', text: 'Runbook' }],
    images: [],
  },
})
