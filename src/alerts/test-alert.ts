/** The alert that a person sends to try an integration: it goes the way of every other alert, and ends by itself. */
import * as z from 'zod'
import { MINUTE } from '../lib/time'
import { alertSource, type AlertSource } from './source'

/** The source of such deliveries, whatever the integration's own. */
export const TEST_SOURCE = 'aurora_test'

const LASTS = 10 * MINUTE

const testPayload = z.object({ integration: z.string(), sourceType: z.string(), id: z.string() })

/** The body of a test delivery. */
export const testBody = (payload: z.infer<typeof testPayload>): string => JSON.stringify(payload)

/** Reads test deliveries; nobody can send one from outside, since no path leads to this source. */
export const testAlert: AlertSource = alertSource({
  slug: TEST_SOURCE,
  sourceType: TEST_SOURCE,
  displayName: 'Aurora test',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  example: { integration: 'Grafana production', sourceType: 'grafana', id: 'test-1' },
  payload: testPayload,
  toAlerts: ({ integration, sourceType, id }, { receivedAt }) => [
    {
      type: 'alert',
      state: 'firing',
      dedupKey: `${TEST_SOURCE}:${id}`,
      title: `Test alert of ${integration}`,
      description: 'Sent by hand to try the way from an alert to an incident. It resolves by itself.',
      severity: 'low',
      labels: { aurora_test: 'true', source: sourceType },
      metadata: { aurora_test: true },
      expiresAt: receivedAt + LASTS,
    },
  ],
})
