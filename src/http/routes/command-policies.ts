/** Rules over the commands that are suggested. */
import { Hono } from 'hono'
import * as verbs from '../../services/command-policies'
import * as answers from '../answers/command-policies'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'

const ids = { policy_id: { error: 'Invalid rule ID format', code: 'invalid_id' } } as const
const viewed = { who: 'viewer', bucket: 'default' } as const
const administered = { who: 'admin', bucket: 'default' } as const

export const commandPolicies = new Hono<App>()
  .get(
    '/api/org/command-policies',
    endpoint({
      ...viewed,
      summary: 'Rules over commands in the order in which they are tried, and which lists count',
      answers: { 200: answers.policyList },
    }),
    async (c) => c.json(answers.showPolicies(await verbs.listPolicies(c.var.ctx))),
  )
  .post(
    '/api/org/command-policies',
    endpoint({
      ...administered,
      summary: 'Add a rule over commands',
      idempotent: true,
      answers: { 201: answers.policyCreated },
      errors: ['validation_failed', 'conflict'],
    }),
    body(verbs.newPolicy),
    async (c) => {
      const id = await verbs.createPolicy(c.var.ctx, c.req.valid('json'))
      return c.json({ id, status: 'created' as const }, 201)
    },
  )
  .post(
    '/api/org/command-policies/test',
    endpoint({
      ...viewed,
      summary: 'What the rules say of a command; it is not run',
      answers: { 200: answers.commandTested },
      errors: ['validation_failed'],
    }),
    body(verbs.testInput),
    async (c) => {
      const { command } = c.req.valid('json')
      const { allowed, because } = await verbs.testCommand(c.var.ctx, command)
      return c.json({ allowed, rule_description: because, command })
    },
  )
  .put(
    '/api/org/command-policies/:policy_id',
    endpoint({
      ...administered,
      summary: 'Change a rule over commands',
      ids,
      answers: { 200: answers.policyUpdated },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
    }),
    body(verbs.policyPatch),
    async (c) => {
      await verbs.updatePolicy(c.var.ctx, idOf(c, 'policy_id'), c.req.valid('json'))
      return c.json({ status: 'updated' as const })
    },
  )
  .delete(
    '/api/org/command-policies/:policy_id',
    endpoint({
      ...administered,
      summary: 'Remove a rule over commands',
      ids,
      answers: { 200: answers.policyDeleted },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      await verbs.deletePolicy(c.var.ctx, idOf(c, 'policy_id'))
      return c.json({ status: 'deleted' as const })
    },
  )
  .put(
    '/api/org/command-policy-toggle',
    endpoint({
      ...administered,
      summary: 'Switch the list of allowed or of denied commands on or off',
      answers: { 200: answers.listToggled },
      errors: ['validation_failed'],
    }),
    body(verbs.toggleInput),
    async (c) => {
      const lists = await verbs.toggleList(c.var.ctx, c.req.valid('json'))
      return c.json({ status: 'updated' as const, ...answers.showLists(lists) })
    },
  )
  .get(
    '/api/org/command-policy-templates',
    endpoint({
      ...viewed,
      summary: 'Sets of rules to begin with',
      answers: { 200: answers.templateList },
    }),
    (c) => c.json(answers.showTemplates(verbs.listTemplates())),
  )
  .post(
    '/api/org/command-policy-templates/apply',
    endpoint({
      ...administered,
      summary: 'Put the rules of a template in place of all others, and switch both lists on',
      answers: { 200: answers.templateApplied },
      errors: ['validation_failed'],
    }),
    body(verbs.applyInput),
    async (c) => {
      const { template_id } = c.req.valid('json')
      const lists = await verbs.applyTemplate(c.var.ctx, template_id)
      return c.json({
        status: 'applied' as const,
        template_id,
        ...answers.showLists(lists),
        active_template_id: lists?.activeTemplateId ?? null,
      })
    },
  )
  .delete(
    '/api/org/command-policy-templates/active',
    endpoint({
      ...administered,
      summary: 'Forget which template the rules came from; they stay',
      answers: { 200: answers.templateCleared },
    }),
    async (c) => {
      await verbs.clearTemplate(c.var.ctx)
      return c.json({ status: 'cleared' as const, active_template_id: null })
    },
  )
