/** Dynatrace problems, in the payload that this product offers as template. */
import * as z from 'zod'
import type { EventState, Severity } from './canonical'
import { lenientJson, lenientText } from './lenient'
import { alertSource, type AlertDraft, type Draft } from './source'
import { labelsFromTags } from './tags'
import { isRecord, textOf } from './text'

/** A placeholder that the vendor did not replace. */
const PLACEHOLDER = /^\{\w+\}$/
const expandedText = lenientText.transform((text) => (text === null || PLACEHOLDER.test(text) ? null : text))
const expandedList = lenientJson.transform((value) =>
  typeof value === 'string' && PLACEHOLDER.test(value.trim()) ? null : value,
)

const payload = z.object({
  ProblemID: expandedText,
  PID: expandedText,
  State: expandedText,
  ProblemTitle: expandedText,
  ProblemSeverity: expandedText,
  ProblemImpact: expandedText,
  ProblemDetailsText: expandedText,
  ProblemDetails: expandedText,
  ImpactedEntity: expandedText,
  ImpactedEntities: expandedList,
  ProblemURL: expandedText,
  Tags: expandedList,
})
type Problem = z.infer<typeof payload>

const STATES = new Map<string, EventState>([
  ['open', 'firing'],
  ['resolved', 'resolved'],
  ['merged', 'resolved'],
])
const SEVERITIES = new Map<string, Severity>([
  ['AVAILABILITY', 'critical'],
  ['ERROR', 'high'],
  ['PERFORMANCE', 'medium'],
  ['RESOURCE', 'medium'],
  ['RESOURCE_CONTENTION', 'medium'],
  ['MONITORING_UNAVAILABLE', 'medium'],
  ['CUSTOM_ALERT', 'low'],
])

function draftsOf(problem: Problem): Draft[] {
  const word = problem.State?.toLowerCase() ?? 'open'
  const alert = draftOf(problem, STATES.get(word) ?? 'info')
  // An end adds nothing to what is known of an alert, so the note comes before it.
  const note = {
    ...alert,
    state: 'info',
    metadata: { ...alert.metadata, note: 'Merged into another problem' },
  } as const
  return word === 'merged' ? [note, alert] : [alert]
}

function draftOf(problem: Problem, state: EventState): AlertDraft {
  const entities = entitiesOf(problem.ImpactedEntities)
  const service = entities.find(({ type }) => type === 'SERVICE')
  const host = entities.find(({ type }) => type === 'HOST')
  return {
    type: 'alert',
    state,
    dedupKey: problem.PID ?? problem.ProblemID,
    title: problem.ProblemTitle,
    description: problem.ProblemDetailsText ?? problem.ProblemDetails,
    severityRaw: problem.ProblemSeverity,
    severity: SEVERITIES.get(problem.ProblemSeverity?.toUpperCase() ?? ''),
    labels: labelsFromTags(withoutContext(problem.Tags)),
    vendorService: [service?.name, entities[0]?.name, problem.ImpactedEntity?.split(/\s+/).at(-1)],
    vendorHost: [host?.name],
    sourceUrl: problem.ProblemURL,
    sourceAlertId: problem.ProblemID,
    metadata: {
      impact: problem.ProblemImpact,
      problemUrl: problem.ProblemURL,
      impactedEntity: problem.ImpactedEntity,
    },
  }
}

interface Entity {
  readonly type: string | null
  readonly name: string | null
}

function entitiesOf(value: unknown): Entity[] {
  return (Array.isArray(value) ? value : [value])
    .filter(isRecord)
    .map(({ type, name }) => ({ type: textOf(type)?.toUpperCase() ?? null, name: textOf(name) }))
}

/** Tags without the context that Dynatrace writes before imported ones: `[Kubernetes]app:checkout`. */
function withoutContext(tags: unknown): unknown {
  const bare = (tag: string): string => tag.trim().replace(/^\[[^\]]{0,100}\]/, '')
  return typeof tags === 'string' ? tags.split(',').map(bare).join(',') : tags
}

export const dynatrace = alertSource({
  slug: 'dynatrace',
  sourceType: 'dynatrace',
  displayName: 'Dynatrace',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [
    { family: 'A', path: '/dynatrace/webhook/{key}' },
    { family: 'C', path: '/api/dynatrace/problems' },
  ],
  instructions: [
    'In Dynatrace open Settings, then Integration, then Problem notifications, and add a custom integration.',
    'Enter the address as webhook URL and the template below as custom payload.',
    'Switch on the notification about closed problems.',
  ],
  templates: {
    payloadTemplate: `{
  "ProblemID": "{ProblemID}",
  "PID": "{PID}",
  "State": "{State}",
  "ProblemTitle": "{ProblemTitle}",
  "ProblemSeverity": "{ProblemSeverity}",
  "ProblemImpact": "{ProblemImpact}",
  "ImpactedEntity": "{ImpactedEntity}",
  "ImpactedEntities": {ImpactedEntities},
  "ProblemURL": "{ProblemURL}",
  "Tags": "{Tags}"
}`,
  },
  payload,
  toAlerts: draftsOf,
  example: {
    ProblemID: 'P-26010114',
    PID: '-2837465019283746501_1767261720000V2',
    State: 'OPEN',
    ProblemTitle: 'Failure rate increase',
    ProblemSeverity: 'ERROR',
    ProblemImpact: 'SERVICE',
    ImpactedEntity: 'Web service checkout-api',
    ImpactedEntities: [{ type: 'SERVICE', name: 'checkout-api', entity: 'SERVICE-6A2F0C1B9D8E7F34' }],
    ProblemURL:
      'https://abc12345.live.dynatrace.com/#problems/problemdetails;pid=-2837465019283746501_1767261720000V2',
    Tags: 'env:production, team:payments',
  },
})
