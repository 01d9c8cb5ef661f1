/** New Relic's workflow webhook: one issue a delivery. */
import * as z from 'zod'
import type { EventState } from './canonical'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'
import { firstText, isRecord } from './text'

const payload = z.object({
  id: lenientText,
  issueId: lenientText,
  issue_id: lenientText,
  issueUrl: lenientText,
  title: lenientText,
  priority: lenientText,
  state: lenientText,
  trigger: lenientText,
  impactedEntities: lenientValue,
  entitiesData: lenientRecord,
  labels: lenientRecord,
  totalIncidents: lenientValue,
  alertPolicyNames: lenientValue,
  alertConditionNames: lenientValue,
  workflowName: lenientText,
  createdAt: lenientValue,
  updatedAt: lenientValue,
})

const STATES: ReadonlyMap<string, EventState> = new Map<string, EventState>([
  ['CREATED', 'firing'],
  ['ACTIVATED', 'firing'],
  ['ACKNOWLEDGED', 'acknowledged'],
  ['CLOSED', 'resolved'],
])

/** An issue without a state is one that a customer's own template describes: it fires. */
const stateOfIssue = (state: string | null): EventState =>
  STATES.get((state ?? 'CREATED').toUpperCase()) ?? 'info'

const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : list)

const issueIdOf = (body: Readonly<Record<string, unknown>>): string | null =>
  firstText(body['id'], body['issueId'], body['issue_id'])

export const newrelic = alertSource({
  slug: 'newrelic',
  sourceType: 'newrelic',
  displayName: 'New Relic',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [{ family: 'A', path: '/newrelic/webhook/{key}' }],
  answer: ({ body }, family) => {
    if (family !== 'A' || !isRecord(body)) return null
    const issueId = issueIdOf(body)
    return { status: 202, members: { accepted: true, ...(issueId === null ? {} : { issueId }) } }
  },
  payload,
  toAlerts: (issue) => {
    const issueId = issueIdOf(issue)
    const state = stateOfIssue(issue.state)
    if (issueId === null && state === 'info') return [{ type: 'skip' }]
    return [
      {
        type: 'alert',
        kind: 'issue',
        state,
        dedupKey: issueId,
        title: issue.title,
        severityRaw: issue.priority,
        labels: issue.labels,
        vendorService: [firstOf(issue.impactedEntities), firstOf(issue.entitiesData['names'])],
        startsAt: issue.createdAt,
        eventTime: issue.updatedAt,
        sourceUrl: issue.issueUrl,
        sourceAlertId: issueId,
        metadata: {
          issueId,
          issueUrl: issue.issueUrl,
          priority: issue.priority,
          trigger: issue.trigger,
          impactedEntities: issue.impactedEntities,
          totalIncidents: issue.totalIncidents,
          policyNames: issue.alertPolicyNames,
          conditionNames: issue.alertConditionNames,
          workflowName: issue.workflowName,
        },
      },
    ]
  },
  example: {
    id: '2f1c6e0b-5a7d-4a8e-9d63-0b1f5c7a9e21',
    issueUrl: 'https://radar-api.service.newrelic.com/accounts/1234567/issues/2f1c6e0b',
    title: "checkout-api query result is > 2 on 'Apdex low'",
    priority: 'CRITICAL',
    impactedEntities: ['checkout-api'],
    totalIncidents: 1,
    state: 'ACTIVATED',
    trigger: 'STATE_CHANGE',
    isCorrelated: false,
    createdAt: 1_767_261_720_000,
    updatedAt: 1_767_261_780_000,
    sources: ['newrelic'],
    alertPolicyNames: ['Payments golden signals'],
    alertConditionNames: ['Apdex low'],
    workflowName: 'aurora',
  },
})
