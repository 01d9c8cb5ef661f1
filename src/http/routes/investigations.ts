/** Investigations: started by hand, read, ended; what they found; and what an organisation allows them. */
import { Hono } from 'hono'
import * as z from 'zod'
import { listFindings, readFinding } from '../../services/findings'
import {
  investigationChanges,
  investigationSettings,
  putInvestigationSettings,
  readInvestigationSettings,
} from '../../services/investigation-settings'
import * as verbs from '../../services/investigations'
import { readModelUse } from '../../services/llm-usage'
import { steerRequest, steerRun } from '../../services/steer-run'
import { rcaRequest, triggerRca } from '../../services/trigger-rca'
import { findingDetail, findingList, showFinding, showFindingDetail } from '../answers/findings'
import * as answers from '../answers/investigations'
import { modelUseList, showModelUse } from '../answers/model-use'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const
const runIds = { ...ids, run_id: { error: 'Invalid run ID format', code: 'invalid_id' } } as const
const viewed = { who: 'viewer', bucket: 'default' } as const
const edited = { who: 'editor', bucket: 'default' } as const

export const investigations = new Hono<App>()
  .post(
    '/api/incidents/trigger-rca',
    endpoint({
      ...edited,
      summary: 'Report a problem that no alert told of, and have it investigated',
      alsoCounts: 'rca',
      idempotent: true,
      answers: {
        200: z.object({
          status: z.literal('ok'),
          incident_id: z.uuid(),
          rca_session_id: z.uuid(),
          message: z.literal('Investigation started'),
        }),
      },
      errors: ['validation_failed'],
      failure: 'RCA dispatch failed',
    }),
    body(rcaRequest),
    async (c) => {
      const { incidentId, sessionId } = await triggerRca(c.var.ctx, c.req.valid('json'))
      return c.json({
        status: 'ok' as const,
        incident_id: incidentId,
        rca_session_id: sessionId,
        message: 'Investigation started' as const,
      })
    },
  )
  .post(
    '/api/incidents/:incident_id/investigate',
    endpoint({
      ...edited,
      summary: 'Investigate an incident, again or for the first time',
      idempotent: true,
      ids,
      answers: { 202: z.object({ runId: z.uuid(), state: z.literal('queued') }) },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'incident_merged', 'conflict', 'session_busy'],
      failure: 'Failed to start investigation',
    }),
    body(verbs.investigateRequest),
    async (c) => {
      const runId = await verbs.startInvestigation(c.var.ctx, idOf(c, 'incident_id'), c.req.valid('json'))
      return c.json({ runId, state: 'queued' as const }, 202)
    },
  )
  .get(
    '/api/incidents/:incident_id/runs',
    endpoint({
      ...viewed,
      summary: 'The investigations of an incident, newest first',
      ids,
      answers: { 200: answers.runList },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve runs',
    }),
    async (c) => {
      const runs = await verbs.listInvestigations(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ runs: runs.map(answers.showRun) })
    },
  )
  .get(
    '/api/incidents/:incident_id/runs/:run_id',
    endpoint({
      ...viewed,
      summary: 'One investigation with its steps, hypotheses and dropped claims',
      ids: runIds,
      answers: { 200: answers.runDetail },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve run',
    }),
    async (c) =>
      c.json(
        answers.showRunDetail(
          await verbs.readInvestigation(c.var.ctx, idOf(c, 'incident_id'), idOf(c, 'run_id')),
        ),
      ),
  )
  .post(
    '/api/incidents/:incident_id/runs/:run_id/cancel',
    endpoint({
      ...edited,
      summary: 'End an investigation; what it found stays',
      ids: runIds,
      answers: { 202: z.object({ runId: z.uuid(), state: z.literal('cancelled') }) },
      errors: ['invalid_id', 'not_found', 'conflict'],
      failure: 'Failed to cancel run',
    }),
    async (c) => {
      const runId = idOf(c, 'run_id')
      await verbs.cancelInvestigation(c.var.ctx, idOf(c, 'incident_id'), runId)
      return c.json({ runId, state: 'cancelled' as const }, 202)
    },
  )
  .post(
    '/api/incidents/:incident_id/runs/:run_id/messages',
    endpoint({
      ...edited,
      summary: 'Say something to an investigation at work; it is taken in at the next step',
      idempotent: true,
      ids: runIds,
      answers: { 202: z.object({ runId: z.uuid(), state: z.literal('accepted') }) },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
      failure: 'Failed to send message',
    }),
    body(steerRequest),
    async (c) => {
      const runId = idOf(c, 'run_id')
      await steerRun(c.var.ctx, idOf(c, 'incident_id'), runId, c.req.valid('json'))
      return c.json({ runId, state: 'accepted' as const }, 202)
    },
  )
  .get(
    '/api/incidents/:incident_id/evidence',
    endpoint({
      ...viewed,
      summary: 'Everything that was found out about an incident, by number',
      ids,
      answers: { 200: answers.evidenceList },
      errors: ['validation_failed', 'invalid_id', 'not_found'],
      failure: 'Failed to retrieve evidence',
    }),
    query(verbs.evidenceQuery),
    async (c) =>
      c.json(
        answers.showEvidence(
          await verbs.listEvidence(c.var.ctx, idOf(c, 'incident_id'), c.req.valid('query')),
        ),
      ),
  )
  .get(
    '/api/incidents/:incident_id/findings',
    endpoint({
      ...viewed,
      summary: 'What the newest investigation holds for true, ruled out or could not prove',
      ids,
      answers: { 200: findingList },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve findings',
    }),
    async (c) => {
      const findings = await listFindings(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ findings: findings.map(showFinding) })
    },
  )
  .get(
    '/api/incidents/:incident_id/findings/:agent_id',
    endpoint({
      ...viewed,
      summary: 'One finding with the calls that it rests on',
      ids,
      answers: { 200: findingDetail },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve finding',
    }),
    async (c) =>
      c.json(
        showFindingDetail(await readFinding(c.var.ctx, idOf(c, 'incident_id'), c.req.param('agent_id'))),
      ),
  )
  .get(
    '/api/incidents/:incident_id/action-runs',
    endpoint({
      ...viewed,
      summary: 'Runs of actions: none, as long as there are no actions',
      ids,
      answers: { 200: z.object({ runs: z.array(z.never()) }) },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve action runs',
    }),
    async (c) => {
      await verbs.requireIncident(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ runs: [] })
    },
  )
  .get(
    '/api/settings/investigation',
    endpoint({
      ...viewed,
      summary: 'What the organisation allows its investigations',
      answers: { 200: investigationSettings },
      failure: 'Failed to retrieve settings',
    }),
    async (c) => c.json(await readInvestigationSettings(c.var.ctx)),
  )
  .put(
    '/api/settings/investigation',
    endpoint({
      summary: 'Change what the organisation allows its investigations; what is not named stays',
      who: 'admin',
      bucket: 'default',
      answers: { 200: investigationSettings },
      errors: ['validation_failed', 'conflict'],
      failure: 'Failed to update settings',
    }),
    body(investigationChanges, { error: 'Missing request body', code: 'validation_failed' }),
    async (c) => c.json(await putInvestigationSettings(c.var.ctx, c.req.valid('json'))),
  )
  .get(
    '/api/llm-usage/models',
    endpoint({
      ...viewed,
      summary: 'The language models that the caller used',
      answers: { 200: modelUseList },
      failure: 'Failed to retrieve models',
    }),
    async (c) => c.json(showModelUse(await readModelUse(c.var.ctx))),
  )
