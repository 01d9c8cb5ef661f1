import * as z from 'zod'
import { DAY, HOUR, iso, isoOrNull } from '../../lib/time'
import type { ChangeFacts, Reads } from '../facts'
import { serviceKey } from '../analyst/names'
import { tool } from './tool'

const LISTED = 25
const HOPS = 3
const SOURCE_DAYS = 30

const change = z.object({
  id: z.string(),
  /** The job and its build in one word. */
  ref: z.string(),
  kind: z.enum(['deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other']),
  provider: z.string(),
  job: z.string(),
  build: z.string(),
  title: z.string(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  result: z.string().nullable(),
  commit: z.string().nullable(),
  branch: z.string().nullable(),
  repository: z.string().nullable(),
  author: z.string().nullable(),
  url: z.string().nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string(),
  /** Seconds from its end to the onset of the incident; negative when it ended later. */
  lagSeconds: z.number(),
})
export type Change = z.infer<typeof change>

/** Output of `recent_changes`, newest first. `sourceSeen` tells whether any change was reported in 30 days. */
export const recentChangesOutput = z.object({
  from: z.string(),
  to: z.string(),
  onset: z.string(),
  service: z.string().nullable(),
  sourceSeen: z.boolean(),
  total: z.number(),
  changes: z.array(change),
})
type RecentChanges = z.infer<typeof recentChangesOutput>

/** Change events around the onset. No change is an answer too, as long as some source reports changes at all. */
export const recentChanges = tool({
  name: 'recent_changes',
  description:
    'Deployments and other changes with their lag to the onset. Without arguments: from 2 h before the onset until now, all services.',
  access: 'read',
  input: z
    .strictObject({
      service: z.string().min(1).max(200).optional(),
      from: z.iso.datetime().optional(),
      to: z.iso.datetime().optional(),
    })
    .refine((input) => input.from === undefined || input.to === undefined || input.from <= input.to, {
      message: 'from must not be after to',
    }),
  run: async (input, { reads, now }) => {
    const { onset, scope } = await surroundings(reads)
    const from = input.from === undefined ? onset - 2 * HOUR : Date.parse(input.from)
    const to = input.to === undefined ? now : Date.parse(input.to)
    const found =
      input.service === undefined
        ? await Promise.all([
            scope.length === 0 ? [] : reads.changes({ services: scope, from, to }),
            reads.changes({ services: null, from, to }),
          ])
        : [await reads.changes({ services: [input.service], from, to })]
    const changes = [...new Map(found.flat().map((item) => [item.id, item])).values()]
    const sourceSeen =
      changes.length > 0 ||
      (await reads.changes({ services: null, from: onset - SOURCE_DAYS * DAY, to: Math.max(to, onset) }))
        .length > 0
    const output: RecentChanges = {
      from: iso(from),
      to: iso(to),
      onset: iso(onset),
      service: input.service ?? null,
      sourceSeen,
      total: changes.length,
      changes: mostTelling(changes, new Set(scope.map(serviceKey)), onset).map((item) => listed(item, onset)),
    }
    return { status: sourceSeen ? 'success' : 'empty', output, trust: 'normal' }
  },
})

/** The services that alert and what they are connected with, and when it began. */
async function surroundings(
  reads: Reads,
): Promise<{ readonly onset: number; readonly scope: readonly string[] }> {
  const [incident, alerts] = await Promise.all([reads.incident(), reads.alerts(500)])
  const onset = alerts.length === 0 ? incident.startedAt : Math.min(...alerts.map((alert) => alert.startsAt))
  const alerting = [...new Set(alerts.flatMap((alert) => alert.service ?? []))]
  const edges = alerting.length === 0 ? [] : await reads.edges(alerting, HOPS)
  return {
    onset,
    scope: [...new Set([...alerting, ...edges.flatMap((edge) => [edge.from, edge.to])])].toSorted(),
  }
}

/** Those of connected services first, then those that ended closest to the onset; listed newest first. */
function mostTelling(
  changes: readonly ChangeFacts[],
  scope: ReadonlySet<string>,
  onset: number,
): readonly ChangeFacts[] {
  const outside = (item: ChangeFacts): number =>
    item.service !== null && scope.has(serviceKey(item.service)) ? 0 : 1
  return changes
    .toSorted(
      (a, b) =>
        outside(a) - outside(b) ||
        Math.abs(onset - a.finishedAt) - Math.abs(onset - b.finishedAt) ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, LISTED)
    .toSorted((a, b) => b.finishedAt - a.finishedAt || (a.id < b.id ? -1 : 1))
}

function listed(item: ChangeFacts, onset: number): Change {
  return {
    id: item.id,
    ref: `${item.job}#${item.build}`,
    kind: item.kind,
    provider: item.provider,
    job: item.job,
    build: item.build,
    title: item.title.slice(0, 200),
    service: item.service,
    environment: item.environment,
    result: item.result,
    commit: item.commit,
    branch: item.branch,
    repository: item.repository,
    author: item.author,
    url: item.url,
    startedAt: isoOrNull(item.startedAt),
    finishedAt: iso(item.finishedAt),
    lagSeconds: Math.round((onset - item.finishedAt) / 1000),
  }
}
