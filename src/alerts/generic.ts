/** Any JSON: canonical alerts as they are, or foreign shapes through the integration's mapping. */
import * as z from 'zod'
import { ALERT_KINDS } from './canonical'
import { applyMapping } from './mapping'
import type { Mapping } from './mapping-schema'
import { alertSource, UnprocessablePayload, type Draft } from './source'
import { stateOf } from './states'
import { firstText, isRecord, recordOf, textOf } from './text'

type Fields = Readonly<Record<string, unknown>>

const MAX_ITEMS = 500
const CHANGE_FIELDS = ['job', 'build', 'result', 'service'] as const

/** One item with the field names of the canonical alert; `status`, `fingerprint` and `url` are accepted too. */
function draftFromFields(fields: Fields): Draft {
  if (isDeployment(fields)) return changeFromFields(fields)
  const title = textOf(fields['title'])
  if (title === null) return bad('Missing title')
  const word = firstText(fields['state'], fields['status']) ?? 'firing'
  const state = stateOf(word)
  if (state === null) return bad('state must be firing, acknowledged, resolved or info')
  return {
    type: 'alert',
    kind: ALERT_KINDS.find((kind) => kind === fields['kind']) ?? 'alert',
    state,
    dedupKey: firstText(fields['dedupKey'], fields['fingerprint']),
    identity: 'facts',
    title,
    description: fields['description'],
    severityRaw: firstText(fields['severity'], fields['severityRaw']),
    labels: recordOf(fields['labels']),
    service: fields['service'],
    environment: fields['environment'],
    host: fields['host'],
    startsAt: fields['startsAt'],
    endsAt: fields['endsAt'],
    eventTime: fields['eventTime'],
    sourceUrl: firstText(fields['sourceUrl'], fields['url']),
    dashboardUrl: fields['dashboardUrl'],
    runbookUrl: fields['runbookUrl'],
    sourceAlertId: fields['sourceAlertId'],
    metadata: recordOf(fields['metadata']),
  }
}

/** A finished deployment, told from a deployment alert by its `job`. */
function isDeployment(fields: Fields): boolean {
  return (
    fields['kind'] === 'deployment' && (textOf(fields['job']) !== null || textOf(fields['title']) === null)
  )
}

function changeFromFields(fields: Fields): Draft {
  const missing = CHANGE_FIELDS.find((field) => textOf(fields[field]) === null)
  if (missing !== undefined) return bad(`Missing ${missing}`)
  const { provider, job, build, title, service, environment, result, commit, branch, repository } = fields
  return {
    type: 'change',
    kind: 'deployment',
    provider,
    job,
    build,
    title,
    service,
    environment,
    result,
    commit,
    branch,
    repository,
    author: firstText(fields['author'], fields['deployer']),
    url: fields['url'],
    startedAt: fields['startedAt'],
    finishedAt: fields['finishedAt'],
  }
}

function missingField(body: unknown): string | null {
  if (!isRecord(body)) return null
  if (isDeployment(body)) return CHANGE_FIELDS.find((field) => textOf(body[field]) === null) ?? null
  return textOf(body['title']) === null ? 'title' : null
}

function readMapped(mapping: Mapping, body: unknown): readonly Draft[] {
  const items = applyMapping(mapping, body)
  if (items === null) return [bad('mapping.each finds no array')]
  return within(items).map((item) => (item === null ? { type: 'skip' } : draftFromFields(item)))
}

function within<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length > MAX_ITEMS)
    throw new UnprocessablePayload(`more than ${MAX_ITEMS} alerts in one delivery`)
  return items
}

const bad = (message: string): Draft => ({ type: 'error', message })

export const generic = alertSource({
  slug: 'generic',
  sourceType: 'generic',
  displayName: 'Generic',
  scheme: 'aurora-v1',
  defaultVerification: 'if_configured',
  idempotencyKey: true,
  acceptsArray: true,
  payload: z.unknown(),
  missingField: (body, settings) => (settings.mapping === null ? missingField(body) : null),
  toAlerts: (body, { settings }) => {
    if (settings.mapping !== null) return readMapped(settings.mapping, body)
    const items: readonly unknown[] = Array.isArray(body) ? body : [body]
    return within(items).map((item) =>
      isRecord(item) ? draftFromFields(item) : bad('alert is not an object'),
    )
  },
  example: {
    title: 'checkout-api returns 503 for 8% of requests',
    state: 'firing',
    severity: 'critical',
    service: 'checkout-api',
    environment: 'production',
    dedupKey: 'checkout-api/5xx/eu-1',
    startsAt: '2026-01-01T10:02:41Z',
    sourceUrl: 'https://probe.example.com/run/77',
    labels: { region: 'eu-1', ratio: '0.084' },
  },
})
