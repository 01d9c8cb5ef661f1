/** The alerts part of the Alertmanager API v2. */
import { alertmanagerApi, readPosted } from '../../alerts/alertmanager-api'
import { matchesPattern, patternProblem } from '../../alerts/safe-pattern'
import { AppError } from '../../lib/errors'
import { openAlertsOf, type AlertRow } from '../../store/emulation'
import type { TenantDb } from '../../store/tenant-db'
import { decodeBody } from '../delivery-body'
import { receiveDelivery, type ReceivePorts } from '../receive-delivery'
import { senderOf } from './integration'

/**
 * Stores the posted alerts; answers what is wrong with single ones, which does not stop the others.
 * @throws AppError invalid_token, invalid_json, validation_failed, rate_limited
 */
export async function postAlerts(
  request: {
    readonly token: string | null
    readonly headers: Headers
    readonly bytes: Uint8Array | null
    readonly receivedAt: number
  },
  ports: ReceivePorts,
): Promise<readonly string[]> {
  const { token, headers, bytes, receivedAt } = request
  const sender = senderOf(token)
  await receiveDelivery({ sourceSlug: alertmanagerApi.slug, sender, headers, bytes, receivedAt }, ports)
  const { json } = decodeBody(bytes ?? new Uint8Array(), headers.get('content-type'))
  const items: readonly unknown[] = json.ok && Array.isArray(json.body) ? json.body : []
  return items.flatMap((item, index) => {
    const posted = readPosted(item, receivedAt)
    return typeof posted === 'string' ? [`alert ${index}: ${posted}`] : []
  })
}

/** An integration's open alerts that every matcher of `filters` accepts. @throws AppError validation_failed */
export async function listPosted(
  db: TenantDb,
  integrationId: string,
  { filters, active }: { readonly filters: readonly string[]; readonly active: boolean },
): Promise<readonly AlertRow[]> {
  const matchers = filters.map(matcherOf)
  const rows = active ? await openAlertsOf(db, integrationId) : []
  return rows.filter(({ labels }) => matchers.every((matches) => matches(labels)))
}

type Matcher = (labels: Readonly<Record<string, string>>) => boolean

const MATCHER = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"(.*)"|([^"]*?))\s*$/s

/** `name="value"`, also with `!=`, `=~`, `!~`; patterns match whole values, an absent label is empty. */
function matcherOf(filter: string): Matcher {
  const [, name = '', operator = '', quoted, bare] = MATCHER.exec(filter) ?? []
  const value = quoted?.replaceAll(/\\(["\\])/g, '$1') ?? bare ?? ''
  const pattern = `^(?:${value})$`
  if (name === '') throw badFilter(filter)
  switch (operator) {
    case '=':
      return (labels) => (labels[name] ?? '') === value
    case '!=':
      return (labels) => (labels[name] ?? '') !== value
    default: {
      if (patternProblem(pattern) !== null) throw badFilter(filter)
      return (labels) => matchesPattern(pattern, labels[name] ?? '') === (operator === '=~')
    }
  }
}

const badFilter = (filter: string): AppError =>
  new AppError('validation_failed', `bad matcher format: ${filter.slice(0, 200)}`)
