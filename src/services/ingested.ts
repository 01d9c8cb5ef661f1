/** The original's lists of what a vendor sent, and its switches for investigations of one vendor. */
import * as z from 'zod'
import { redact } from '../agent/redact'
import { severityOf } from '../alerts/severity'
import { stateOf } from '../alerts/states'
import type { AlertSource } from '../alerts/source'
import { notFound } from '../lib/errors'
import { queryInteger } from '../lib/fields'
import * as store from '../store/ingested'
import { allIntegrations } from '../store/integrations'
import { hasRole, requireRole, type Ctx } from './context'
import { inForce, updateIntegration } from './integrations'
import { queryWord } from './list-input'

const page = {
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 200, fallback: 50 }),
  offset: queryInteger({ error: 'Invalid offset', min: 0, max: 999_999_999, fallback: 0 }),
}

/** What New Relic and Netdata call the states, beside the words that everybody uses. */
const VENDOR_WORDS = new Map([
  ['created', 'firing'],
  ['activated', 'firing'],
  ['critical', 'firing'],
  ['warning', 'firing'],
  ['clear', 'resolved'],
  ['removed', 'resolved'],
] as const)

/** Words of vendors are understood too: `OPEN` of Dynatrace is firing. */
const state = (name: string) =>
  queryWord(name).transform((word, context) => {
    if (word === undefined) return word
    const vendors = [...VENDOR_WORDS].find(([known]) => known === word.toLowerCase())?.[1]
    const found = vendors ?? stateOf(word)
    if (found !== null && found !== 'info') return found
    context.addIssue({ code: 'custom', message: `Invalid ${name}` })
    return z.NEVER
  })

/** The queries of the lists, by the filter that each of them knows. */
export const ingestedQueries = {
  state: z.object({ ...page, state: state('state') }),
  status: z.object({ ...page, status: state('status') }).transform(({ status, ...rest }) => ({
    ...rest,
    state: status,
  })),
  severity: z.object({
    ...page,
    severity: queryWord('severity').transform((word) => (word === undefined ? undefined : severityOf(word))),
  }),
  resource: z.object({ ...page, resource: queryWord('resource') }),
  eventType: z
    .object({ ...page, status: state('status'), event_type: queryWord('event_type') })
    .transform(({ status, event_type, ...rest }) => ({ ...rest, state: status, eventType: event_type })),
} as const

export const deploymentQuery = z.object({ ...page, service: queryWord('service') })

/** A page of the alerts of a source with their payloads, of which viewers see no secrets. */
export async function listIngested(
  ctx: Ctx,
  source: AlertSource,
  { limit, offset, ...filter }: store.IngestedFilter & { readonly limit: number; readonly offset: number },
) {
  const [rows, [counted]] = await store.ingestedAlerts(ctx.db, source.slug, filter, { limit, offset })
  const exact = hasRole(ctx.actor.role, 'editor')
  return {
    items: rows.map(({ payload, ...row }) => ({
      ...row,
      payload: payload === null ? null : parsed(exact ? payload : redact(payload)),
    })),
    total: counted?.n ?? 0,
    limit,
    offset,
  }
}

/** What came as a form, or in which a redaction broke something, stays text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export async function listDeployments(
  ctx: Ctx,
  source: AlertSource,
  { limit, offset, service }: z.output<typeof deploymentQuery>,
) {
  const [rows, [counted]] = await store.deployments(ctx.db, source.slug, service, { limit, offset })
  return { rows, total: counted?.n ?? 0, limit, offset }
}

export const rcaSetting = z.object({ rcaEnabled: z.boolean({ error: 'rcaEnabled must be a boolean' }) })

/** Whether alerts of every sender of this source are investigated. */
export async function readRcaSetting(ctx: Ctx, source: AlertSource): Promise<boolean> {
  const integrations = await allIntegrations(ctx.db, source.slug)
  return integrations.every((integration) => inForce(integration).investigate)
}

/** Sets it for all senders of this source. @throws AppError forbidden, not_found, conflict */
export async function putRcaSetting(ctx: Ctx, source: AlertSource, rcaEnabled: boolean): Promise<void> {
  requireRole(ctx, 'editor')
  const integrations = await allIntegrations(ctx.db, source.slug)
  if (integrations.length === 0) throw notFound(`${source.displayName} is not connected`)
  for (const integration of integrations)
    if (inForce(integration).investigate !== rcaEnabled)
      await updateIntegration(ctx, integration.id, { settings: { investigate: rcaEnabled } })
}
