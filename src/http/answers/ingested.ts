import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listDeployments, listIngested } from '../../services/ingested'
import { severity, time } from './fields'

const ingested = z.object({
  id: z.uuid(),
  title: z.string(),
  state: z.enum(['firing', 'acknowledged', 'resolved']),
  severity,
  /** What the first delivery said; null when it is no longer stored, or larger than 16 KiB: then the delivery shows it. */
  payload: z.json(),
  receivedAt: time,
  createdAt: time,
})

/** The vendor's own name of the thing, and where it is found in an alert. */
export type VendorId = keyof typeof vendorIds
type Item = Awaited<ReturnType<typeof listIngested>>['items'][number]

const afterColon = ({ alert }: Item): string => alert.dedupKey.slice(alert.dedupKey.indexOf(':') + 1)
const vendorIds = {
  alertUid: ({ alert }: Item) => alert.sourceAlertId,
  alertName: ({ alert }: Item) => alert.sourceAlertId,
  problemId: ({ alert }: Item) => alert.sourceAlertId,
  alertId: ({ alert }: Item) => (alert.source === 'opsgenie' ? alert.dedupKey : alert.sourceAlertId),
  incidentId: (item: Item) =>
    item.alert.source === 'incidentio' ? afterColon(item) : item.alert.sourceAlertId,
  issueId: (item: Item) => (item.alert.source === 'sentry' ? afterColon(item) : item.alert.sourceAlertId),
  eventType: ({ eventType }: Item) => eventType,
} as const

const counted = { total: z.int(), limit: z.int(), offset: z.int() }

export const ingestedList = (name: 'alerts' | 'events', vendorId: VendorId) =>
  z.object({ [name]: z.array(ingested.extend({ [vendorId]: z.string().nullable() })), ...counted })

export const showIngested = (vendorId: VendorId, item: Item) => ({
  id: item.alert.id,
  [vendorId]: vendorIds[vendorId](item),
  title: item.alert.title,
  state: item.alert.state,
  severity: item.alert.severity,
  payload: item.payload,
  receivedAt: iso(item.receivedAt ?? item.alert.createdAt),
  createdAt: iso(item.alert.createdAt),
})

const deployment = z.object({
  id: z.uuid(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  result: z.string().nullable(),
  buildNumber: z.string(),
  buildUrl: z.string().nullable(),
  commitSha: z.string().nullable(),
  branch: z.string().nullable(),
  repository: z.string().nullable(),
  deployer: z.string().nullable(),
  durationMs: z.int().nullable(),
  jobName: z.string(),
  traceId: z.string().nullable(),
  receivedAt: time,
})
export const deploymentList = z.object({ deployments: z.array(deployment), ...counted })

type Change = Awaited<ReturnType<typeof listDeployments>>['rows'][number]

export const showDeployment = (row: Change): z.infer<typeof deployment> => ({
  id: row.id,
  service: row.service,
  environment: row.environment,
  result: row.result,
  buildNumber: row.build,
  buildUrl: row.url,
  commitSha: row.commit,
  branch: row.branch,
  repository: row.repository,
  deployer: row.author,
  durationMs: row.startedAt === null ? null : row.finishedAt - row.startedAt,
  jobName: row.job,
  traceId: row.traceId,
  receivedAt: iso(row.createdAt),
})

export const rcaSetting = z.object({ rcaEnabled: z.boolean() })
export const rcaSettingChanged = rcaSetting.extend({ success: z.literal(true) })
