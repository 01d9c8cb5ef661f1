/** How alerts are correlated: settings, rules, and both as one document. */
import { Hono } from 'hono'
import { dryRun, dryRunRequest } from '../../services/correlation-dry-run'
import { configFormat, configText, putConfig, readConfig } from '../../services/correlation-config'
import {
  createRule,
  deleteRule,
  listRules,
  newRule,
  rulePatch,
  updateRule,
} from '../../services/correlation-rules'
import {
  correlationChanges,
  putCorrelationSettings,
  readCorrelationSettings,
} from '../../services/correlation-settings'
import {
  configAnswer,
  dryRunAnswer,
  ruleAnswer,
  ruleList,
  settingsAnswer,
  showRule,
} from '../answers/correlation'
import { success } from '../answers/integrations'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { rule_id: { error: 'Invalid rule ID format', code: 'invalid_id' } } as const

export const correlation = new Hono<App>()
  .get(
    '/api/correlation/settings',
    endpoint({
      summary: 'How alerts are correlated',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: settingsAnswer },
    }),
    async (c) => c.json(await readCorrelationSettings(c.var.ctx)),
  )
  .put(
    '/api/correlation/settings',
    endpoint({
      summary: 'Change how alerts are correlated; what is not named stays',
      who: 'editor',
      bucket: 'default',
      answers: { 200: settingsAnswer },
      errors: ['validation_failed', 'conflict'],
    }),
    body(correlationChanges),
    async (c) => c.json(await putCorrelationSettings(c.var.ctx, c.req.valid('json'))),
  )
  .get(
    '/api/correlation/rules',
    endpoint({
      summary: 'Rules in the order in which they are tried',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: ruleList },
    }),
    async (c) => c.json({ rules: (await listRules(c.var.ctx)).map(showRule) }),
  )
  .post(
    '/api/correlation/rules',
    endpoint({
      summary: 'Say which alerts belong together',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 201: ruleAnswer },
      errors: ['validation_failed', 'already_exists', 'conflict'],
    }),
    body(newRule),
    async (c) => c.json({ rule: showRule(await createRule(c.var.ctx, c.req.valid('json'))) }, 201),
  )
  .patch(
    '/api/correlation/rules/:rule_id',
    endpoint({
      summary: 'Change a rule',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: ruleAnswer },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'already_exists', 'conflict'],
    }),
    body(rulePatch),
    async (c) =>
      c.json({ rule: showRule(await updateRule(c.var.ctx, idOf(c, 'rule_id'), c.req.valid('json'))) }),
  )
  .delete(
    '/api/correlation/rules/:rule_id',
    endpoint({
      summary: 'Remove a rule; incidents that it made stay',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      await deleteRule(c.var.ctx, idOf(c, 'rule_id'))
      return c.json({ success: true as const })
    },
  )
  .get(
    '/api/correlation/config',
    endpoint({
      summary: 'Settings and rules as one document, JSON or YAML',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: configAnswer },
      asText: 'text/yaml',
      errors: ['validation_failed'],
    }),
    query(configFormat),
    async (c) =>
      c.req.valid('query').format === 'yaml'
        ? c.body(await configText(c.var.ctx), 200, { 'content-type': 'text/yaml; charset=utf-8' })
        : c.json(await readConfig(c.var.ctx)),
  )
  .put(
    '/api/correlation/config',
    endpoint({
      summary: 'Put settings and rules in place of the present ones, from JSON or YAML',
      who: 'editor',
      bucket: 'default',
      anyContentType: true,
      maxBodyBytes: 262_144,
      answers: { 200: configAnswer },
      errors: ['validation_failed', 'invalid_json', 'conflict'],
    }),
    async (c) => c.json(await putConfig(c.var.ctx, c.var.bytes)),
  )
  .post(
    '/api/correlation/dry-run',
    endpoint({
      summary: 'Which incidents other settings and rules would have made',
      who: 'editor',
      bucket: 'default',
      answers: { 200: dryRunAnswer },
      errors: ['validation_failed'],
    }),
    body(dryRunRequest),
    async (c) => c.json(await dryRun(c.var.ctx, c.req.valid('json'))),
  )
