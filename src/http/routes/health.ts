import { Hono } from 'hono'
import { iso } from '../../lib/time'
import { examine, isReady, overallStatus, type Checks } from '../../services/health'
import { healthAnswer, livenessAnswer, notReadyAnswer, readyAnswer } from '../answers/health'
import { endpoint } from '../endpoint'
import type { App, AppContext, Bindings } from '../env'
import { directoryOf } from '../middleware/tenant'

export const health = new Hono<App>()

health.get(
  '/health',
  endpoint({
    summary: 'The state of every part',
    who: 'public',
    bucket: null,
    answers: { 200: healthAnswer, 503: healthAnswer },
  }),
  async (c) => {
    const started = performance.now()
    const checks = await recentChecks(c)
    const overall = overallStatus(checks)
    const took = Math.round((performance.now() - started) * 100) / 100
    const report = { overall_status: overall, timestamp: iso(c.var.now), response_time_ms: took, checks }
    return c.json(report, overall === 'unhealthy' ? 503 : 200)
  },
)

health.get(
  '/health/liveness',
  endpoint({
    summary: 'The process answers',
    who: 'public',
    bucket: null,
    answers: { 200: livenessAnswer },
  }),
  (c) => c.json({ status: 'alive' }),
)

health.get(
  '/health/readiness',
  endpoint({
    summary: 'Requests can be served',
    who: 'public',
    bucket: null,
    answers: { 200: readyAnswer, 503: notReadyAnswer },
  }),
  async (c) => {
    const checks = await recentChecks(c)
    if (isReady(checks)) return c.json({ status: 'ready' })
    return c.json({ status: 'not_ready', checks: { database: checks.database, redis: checks.redis } }, 503)
  },
)

const KEPT_MS = 5000

/** What was found last, by environment: monitors that ask often cost one look in five seconds. */
const found = new WeakMap<object, { readonly at: number; readonly checks: Checks }>()

async function recentChecks(c: AppContext): Promise<Checks> {
  const now = c.var.now
  const last = found.get(c.env)
  if (last !== undefined && now - last.at < KEPT_MS) return last.checks
  const checks = await examine(
    {
      database: () => directoryOf(c).findOldestPending(),
      gate: async () => c.env.GATE.getByName('health').ping(),
      hasQueues: isBound(c, 'INGEST') && isBound(c, 'JOBS'),
      hasRooms: isBound(c, 'ROOM'),
    },
    now,
  )
  found.set(c.env, { at: now, checks })
  return checks
}

/** The types promise every binding; a deployment may still lack one. */
const isBound = (c: AppContext, name: keyof Bindings): boolean => typeof c.env[name] === 'object'
