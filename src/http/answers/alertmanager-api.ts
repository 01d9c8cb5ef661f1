import * as z from 'zod'
import type { AppError } from '../../lib/errors'
import { iso } from '../../lib/time'
import type { listPosted } from '../../services/emulation/alertmanager-api'
import type { Refusal } from '../endpoint'
import type { AppContext } from '../env'
import { time } from './fields'

type Row = Awaited<ReturnType<typeof listPosted>>[number]

const texts = z.record(z.string(), z.string())

const postedAlert = z.object({
  annotations: texts,
  endsAt: time,
  fingerprint: z.string(),
  receivers: z.array(z.object({ name: z.string() })),
  startsAt: time,
  status: z.object({
    state: z.literal('active'),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
    mutedBy: z.array(z.string()),
  }),
  updatedAt: time,
  labels: texts,
  generatorURL: z.string(),
})
export const postedAlerts = z.array(postedAlert)

const ANNOTATIONS = [
  ['summary', 'summary'],
  ['description', 'description'],
  ['runbook_url', 'runbookUrl'],
] as const

export const showPosted = (row: Row): z.infer<typeof postedAlert> => ({
  annotations: Object.fromEntries(
    ANNOTATIONS.flatMap(([name, key]) => {
      const value = row.metadata[key]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  ),
  endsAt: iso(row.expiresAt ?? row.updatedAt),
  fingerprint: row.dedupKey,
  receivers: [{ name: 'aurora' }],
  startsAt: iso(row.startsAt),
  status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
  updatedAt: iso(row.updatedAt),
  labels: row.labels,
  generatorURL: row.sourceUrl ?? '',
})

export const clusterStatus = z.object({
  cluster: z.object({ status: z.literal('disabled'), peers: z.array(z.never()) }),
  config: z.object({ original: z.string() }),
  uptime: time,
  versionInfo: z.record(z.string(), z.string()),
})

/** What a client may ask before it posts. Nothing here is a secret, and nothing can be configured. */
export const showStatus = (now: number): z.infer<typeof clusterStatus> => ({
  cluster: { status: 'disabled', peers: [] },
  config: { original: '' },
  uptime: iso(now),
  versionInfo: { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version: 'aurora' },
})

export const alertmanagerRefusal: Refusal = { schema: z.string(), statuses: { not_found: 401 } }

/** Errors as Alertmanager writes them: one JSON string. */
export function alertmanagerError(error: AppError, c: AppContext): Response {
  if (error.code === 'invalid_token' || error.code === 'not_found') return c.json('Unauthorized', 401)
  return c.json(error.message, error.status)
}
