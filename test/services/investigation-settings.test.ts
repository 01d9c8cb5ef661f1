import { describe, it } from 'vitest'
import { claimWithPermit } from '../../src/services/runs/permits'
import { DEFAULT_INVESTIGATION, investigationFrom } from '../../src/services/investigation-settings'
import { aCorrelation, at, T } from '../support/alerts'
import { carryOut } from '../support/executor'
import { rowsOf } from '../support/stories'

const setTo = (orgId: string, settings: object) =>
  rowsOf(
    'INSERT INTO organization_settings (org_id, investigation) VALUES (?1, ?2) ON CONFLICT (org_id) DO UPDATE SET investigation = ?2',
    orgId,
    JSON.stringify(settings),
  )

describe('what an organisation allows its investigations', () => {
  it('is read with defaults in place of what is missing or makes no sense', ({ expect }) => {
    expect(investigationFrom(null)).toEqual(DEFAULT_INVESTIGATION)
    expect(investigationFrom({ maxConcurrentRuns: 'many' })).toEqual(DEFAULT_INVESTIGATION)
    expect(investigationFrom({ maxConcurrentRuns: 7, unknown: 1 })).toEqual({
      ...DEFAULT_INVESTIGATION,
      maxConcurrentRuns: 7,
    })
  })

  it('limits how many are at work', async ({ expect }) => {
    const org = await aCorrelation()
    await setTo(org.db.orgId, { maxConcurrentRuns: 1 })
    const first = (await org.send({ dedupKey: 'k1', service: 'a', title: 'Disk full' })).runIds[0]?.id ?? ''
    expect(await claimWithPermit(org.db, first, 'room', at(1))).toMatchObject({ kind: 'held' })
    const second =
      (await org.send({ dedupKey: 'k2', service: 'b', title: 'Network down' })).runIds[0]?.id ?? ''
    expect((await claimWithPermit(org.db, second, 'room', at(1))).kind).toBe('wait')
    await setTo(org.db.orgId, { maxConcurrentRuns: 2 })
    expect((await claimWithPermit(org.db, second, 'room', at(60))).kind).toBe('held')
  })

  it('limits what one may use: then it concludes with what it has, and says so', async ({ expect }) => {
    for (const [settings, limit] of [
      [{ maxInternalToolCalls: 1 }, 'tool calls'],
      [{ maxModelTurns: 1 }, 'model turns'],
      [{ maxRunSeconds: 60 }, 'time'],
    ] as const) {
      const org = await aCorrelation()
      await setTo(org.db.orgId, settings)
      const runId = (await org.send({})).runIds[0]?.id ?? ''
      const [run] = await rowsOf('SELECT session_id, incident_id FROM runs WHERE id = ?', runId)
      // Begun so long ago that the time is up.
      if (limit === 'time') await rowsOf('UPDATE runs SET started_at = ? WHERE id = ?', at(-120), runId)
      await carryOut({ orgId: org.db.orgId, runId, sessionId: run.session_id }, { startsAt: at(1) })
      const ended = await rowsOf('SELECT state, budget_exhausted FROM runs WHERE id = ?', runId)
      const [incident] = await rowsOf('SELECT run_summary FROM incidents WHERE id = ?', run.incident_id)
      expect(ended).toEqual([{ state: 'succeeded', budget_exhausted: limit }])
      expect(incident.run_summary).toContain(`The limit of ${limit} was reached`)
    }
  })

  it('switches automatic ones off: none is queued, and what waits is skipped and its thread freed', async ({
    expect,
  }) => {
    const org = await aCorrelation()
    const id = (await org.send({ dedupKey: 'k1' }, T)).runIds[0]?.id ?? ''
    await setTo(org.db.orgId, { enabled: false })
    expect((await org.send({ dedupKey: 'k2', service: 'other', title: 'Something else' })).runIds).toEqual([])
    expect(await claimWithPermit(org.db, id, 'room', at(1))).toEqual({ kind: 'over' })
    expect(await org.rows('SELECT state, error_code FROM runs WHERE org_id = ?')).toEqual([
      { state: 'cancelled', error_code: 'disabled' },
      { state: 'cancelled', error_code: 'disabled' },
    ])
    expect(
      await rowsOf(
        'SELECT active_run_id FROM chat_sessions WHERE id = (SELECT session_id FROM runs WHERE id = ?)',
        id,
      ),
    ).toEqual([{ active_run_id: null }])
  })
})
