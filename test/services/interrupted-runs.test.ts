import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { cancelSession } from '../../src/services/cancel-run'
import { deleteSession } from '../../src/services/chat-sessions'
import { updateIncident } from '../../src/services/incidents'
import { mergeIncident } from '../../src/services/merges/merge'
import * as channels from '../../src/services/notifications/channels'
import { startableRuns } from '../../src/services/runs/permits'
import { openThread } from '../../src/services/turns'
import { at } from '../support/alerts'
import { carryOut } from '../support/executor'
import { approve, aVendor, findings, isReview, numberOf, portsTo, submit } from '../support/fake-model'
import { aMember } from '../support/org'
import { anOutage, STARTS } from '../support/outage'
import { aReceiver, caller, portsThrough } from '../support/receivers'

const HOOK = { kind: 'slack', name: 'Slack', url: 'https://hooks.slack.com/services/T0/B0/abcdef' } as const

type Outage = Awaited<ReturnType<typeof anOutage>> & { readonly otherId: string }

/** What people and alerts do to an incident while it is investigated, and how its run then ends. */
const INTERRUPTIONS = {
  'a person resolves it': {
    happen: ({ org, incidentId }: Outage) =>
      updateIncident(caller(org.orgId, STARTS), incidentId, { status: 'resolved' }),
    ends: { run: 'succeeded', error: null, status: 'resolved', session: 'completed', outcome: 'completed' },
  },
  'its alerts resolve': {
    happen: async ({ org }: Outage) => {
      await org.send({ state: 'resolved', eventTime: at(130) })
      await org.send({ state: 'resolved', dedupKey: 'web', service: 'web', eventTime: at(131) })
    },
    ends: { run: 'succeeded', error: null, status: 'resolved', session: 'completed', outcome: 'completed' },
  },
  'a person merges it into another': {
    happen: async ({ org, incidentId, otherId }: Outage) => {
      await mergeIncident(caller(org.orgId, STARTS), otherId, { sourceIncidentId: incidentId })
    },
    ends: {
      run: 'cancelled',
      error: 'incident_merged',
      status: 'merged',
      session: 'cancelled',
      outcome: 'cancelled',
    },
  },
  'a person declares it merged': {
    happen: ({ org, incidentId }: Outage) =>
      updateIncident(caller(org.orgId, STARTS), incidentId, { status: 'merged' }),
    ends: {
      run: 'cancelled',
      error: 'incident_merged',
      status: 'merged',
      session: 'completed',
      outcome: 'cancelled',
    },
  },
  'a person cancels its run': {
    happen: async ({ org, run }: Outage) => {
      await cancelSession(caller(org.orgId, STARTS), run.sessionId)
    },
    ends: {
      run: 'cancelled',
      error: 'cancelled_by_user',
      status: 'investigating',
      session: 'completed',
      outcome: 'cancelled',
    },
  },
} as const

/** The outage beside another incident, in an organisation that wants to be told. */
async function anOutageBesideAnother(): Promise<Outage> {
  const outage = await anOutage()
  const { org } = outage
  await channels.createChannel(caller(org.orgId, STARTS), portsThrough(aReceiver().http), HOOK)
  await org.send({ dedupKey: 'other', service: 'mail', title: 'Queue grows', eventTime: at(90) })
  const others = await org.rows<{ id: string }>('SELECT id FROM incidents WHERE org_id = ? ORDER BY id')
  return { ...outage, otherId: others.find(({ id }) => id !== outage.incidentId)?.id ?? '' }
}

/** What is left of an interrupted run, each in one word. */
async function leftOf({ org, run, incidentId }: Outage) {
  const rows = async (query: string): Promise<readonly Record<string, unknown>[]> =>
    (await env.DB.prepare(query).bind(incidentId).all()).results
  const [[found], suggestions, [incident], calls, told, effects, waiting] = await Promise.all([
    rows(
      `SELECT r.state, r.error_code, r.lease_expires_at, s.status, s.active_run_id FROM runs r JOIN chat_sessions s ON s.id = r.session_id
      WHERE r.incident_id = ? AND r.kind = 'investigation'`,
    ),
    rows('SELECT id FROM incident_suggestions WHERE incident_id = ?'),
    rows('SELECT status, aurora_status, run_summary IS NOT NULL AS summary FROM incidents WHERE id = ?'),
    rows(
      "SELECT l.id FROM llm_ledger l JOIN runs r ON r.id = l.run_id WHERE r.incident_id = ? AND l.state = 'reserved'",
    ),
    rows("SELECT event FROM notification_deliveries WHERE incident_id = ? AND event LIKE 'investigation.%'"),
    org.rows<{ key: string }>(
      "SELECT dedupe_key AS key FROM outbox WHERE org_id = ? AND done_at IS NULL AND kind = 'run'",
    ),
    startableRuns(org.db, at(400)),
  ])
  return {
    run: found?.['state'],
    error: found?.['error_code'],
    session: found?.['status'],
    status: incident?.['status'],
    shown: incident?.['aurora_status'],
    published: [incident?.['summary'] === 1, suggestions.length > 0],
    stillHeld: [found?.['lease_expires_at'], found?.['active_run_id']],
    openCalls: calls.length,
    ends: told.filter(({ event }) => event !== 'investigation.started').map(({ event }) => event),
    ownEffects: effects.filter(({ key }) => key === `run:${run.runId}`),
    nextMayStart: waiting.length > 0,
  }
}

const expected = ({ outcome, ...ends }: (typeof INTERRUPTIONS)[keyof typeof INTERRUPTIONS]['ends']) => {
  const isDone = outcome === 'completed'
  return {
    ...ends,
    shown: isDone || ends.status === 'merged' ? 'complete' : 'idle',
    published: [isDone, isDone],
    stillHeld: [null, null],
    openCalls: 0,
    ends: isDone ? ['investigation.completed'] : [],
    ownEffects: [],
    nextMayStart: true,
  }
}

const endsOf = ({ events }: { readonly events: readonly { readonly kind: string }[] }) =>
  events.filter(({ kind }) => kind === 'end')

describe('an incident under investigation', () => {
  it('that changes in the middle of a step ends its run, and leaves nothing of it open', async ({
    expect,
  }) => {
    const { commits } = await carryOut((await anOutage()).run, { startsAt: STARTS })
    // Before the first step, and in each step right before what it found is written: they share the places among them.
    const places = [0, ...commits]
    for (const [turn, [what, { happen, ends }]] of Object.entries(INTERRUPTIONS).entries())
      for (const place of places.filter((at, n) => n % 5 === turn || at === 0 || at === commits.at(-1))) {
        const outage = await anOutageBesideAnother()
        if (place === 0) await happen(outage)
        const fault = { at: place, happen: () => happen(outage) }
        const thread = await carryOut(outage.run, { startsAt: STARTS, fault })
        expect(await leftOf(outage), `${what}, before query ${place}`).toEqual(expected(ends))
        expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: ends.outcome }])
      }
  }, 60_000)

  it.for(Object.entries(INTERRUPTIONS))(
    'while a language model answers: %s, and what was paid is written down once',
    async ([, { happen, ends }], { expect }) => {
      const outage = await anOutageBesideAnother()
      const vendor = aVendor((sent) =>
        isReview(sent)
          ? approve
          : submit(
              findings(
                numberOf(sent, 'recent_changes'),
                'The deployment `deploy-checkout` of checkout preceded the first alert.',
              ),
            ),
      )
      const http: typeof fetch = async (input, init) => {
        if (vendor.sent.length === 0) await happen(outage)
        return vendor.http(input, init)
      }
      const thread = await carryOut(outage.run, { startsAt: STARTS, llm: portsTo({ http }) })
      expect(await leftOf(outage)).toEqual(expected(ends))
      expect(endsOf(thread)).toEqual([{ kind: 'end', outcome: ends.outcome }])
      const usage = await outage.org.rows('SELECT id FROM llm_usage WHERE org_id = ?')
      expect(usage).toHaveLength(vendor.sent.length)
    },
  )
})

describe('an answer to somebody', () => {
  it.for(['deletes the chat', 'leaves the organisation'] as const)(
    'who %s meanwhile is not given, and is paid once',
    async (what, { expect }) => {
      const { org, incidentId } = await anOutage()
      const { userId } = await aMember(org.orgId, 'editor')
      const admin = await aMember(org.orgId, 'admin')
      const ctx = {
        ...caller(org.orgId, STARTS),
        actor: { userId, orgId: org.orgId, role: 'editor', sid: null },
      } as const
      const thread = { id: newId(), incidentId, title: 'Why?', uiState: {} }
      const { runId, sessionId } = await openThread(ctx, thread, { text: 'Why?', mode: 'ask', via: 'http' })
      const vendor = aVendor(() => ({ text: 'It was the deployment [1].' }))
      const http: typeof fetch = async (input, init) => {
        if (what === 'deletes the chat') await deleteSession(ctx, sessionId)
        else await admin.delete(`/api/admin/users/${userId}`)
        return vendor.http(input, init)
      }
      const run = { orgId: org.orgId, runId, sessionId }
      const told = await carryOut(run, { startsAt: STARTS, llm: portsTo({ http }) })
      expect(endsOf(told)).toEqual([{ kind: 'end', outcome: 'cancelled' }])
      expect(vendor.sent).toHaveLength(1)
      expect(
        await org.rows(
          'SELECT state, outcome FROM llm_ledger l JOIN llm_usage u USING (run_id) WHERE l.org_id = ?',
        ),
      ).toEqual([{ state: 'lost', outcome: 'lost' }])
      const [session] = await org.rows<{ is_active: number; active_run_id: string | null; said: number }>(
        "SELECT s.is_active, s.active_run_id, (SELECT count(*) FROM chat_messages m WHERE m.session_id = s.id AND m.sender = 'assistant') AS said FROM chat_sessions s WHERE s.org_id = ? AND s.user_id IS NOT NULL",
      )
      expect(session).toEqual({ is_active: 0, active_run_id: null, said: 0 })
    },
  )
})
