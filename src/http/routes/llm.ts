/** Language models: which there are, which one is used, whether it works, what it cost. */
import { Hono } from 'hono'
import { openLlmPorts } from '../../services/llm-ports'
import type { LlmPorts } from '../../services/llm-choice'
import { listModels } from '../../services/llm-models'
import { llmChanges } from '../../services/llm-proposal'
import { dropLlmSettingsOf, putLlmSettingsOf, readLlmSettings } from '../../services/llm-settings'
import { testModel } from '../../services/llm-test'
import { readUsage, usageQuery } from '../../services/llm-usage'
import * as answers from '../answers/llm'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { body, query } from '../input'

const viewed = { who: 'viewer', bucket: 'default' } as const
const administered = { who: 'admin', bucket: 'default' } as const

/** The names under which this product was reached are its own, too. */
function ports(c: AppContext): LlmPorts {
  const opened = openLlmPorts(c.env)
  return { ...opened, ownHosts: [...opened.ownHosts, new URL(c.req.url).hostname] }
}

export const llm = new Hono<App>()
  .get(
    '/api/llm/models',
    endpoint({
      ...viewed,
      summary: 'Language models that can be chosen, with the one in use',
      answers: { 200: answers.modelList },
      failure: 'Failed to retrieve models',
    }),
    async (c) => c.json(answers.showModels(await listModels(c.var.ctx, ports(c)))),
  )
  .get(
    '/api/llm/usage',
    endpoint({
      ...viewed,
      summary: 'What language models used and cost, by day, model, session, run, user or type',
      answers: { 200: answers.usageReport },
      errors: ['validation_failed'],
      failure: 'Failed to retrieve usage',
    }),
    query(usageQuery),
    async (c) => c.json(answers.showUsageReport(await readUsage(c.var.ctx, c.req.valid('query')))),
  )
  .get(
    '/api/settings/llm',
    endpoint({
      ...viewed,
      summary: 'The language model that the organisation uses; its key is never shown',
      answers: { 200: answers.llmSettings },
      failure: 'Failed to retrieve settings',
    }),
    async (c) => c.json(answers.showLlmSettings(await readLlmSettings(c.var.ctx, ports(c)))),
  )
  .put(
    '/api/settings/llm',
    endpoint({
      ...administered,
      summary: 'Choose a language model, or none; what is not named stays',
      answers: { 200: answers.llmSettings },
      errors: ['validation_failed', 'provider_not_configured', 'conflict'],
      failure: 'Failed to update settings',
    }),
    body(llmChanges, { error: 'Missing request body', code: 'validation_failed' }),
    async (c) =>
      c.json(answers.showLlmSettings(await putLlmSettingsOf(c.var.ctx, ports(c), c.req.valid('json')))),
  )
  .delete(
    '/api/settings/llm',
    endpoint({
      ...administered,
      summary: "Go back to the deployment's language model and forget the key",
      answers: { 200: answers.llmSettings },
      errors: ['conflict'],
      failure: 'Failed to update settings',
    }),
    async (c) => c.json(answers.showLlmSettings(await dropLlmSettingsOf(c.var.ctx, ports(c)))),
  )
  .post(
    '/api/settings/llm/test',
    endpoint({
      ...administered,
      summary: 'Try the language model with one small question, with changes that are not stored',
      answers: { 200: answers.modelTest },
      errors: ['validation_failed', 'provider_not_configured'],
      failure: 'Failed to test the model',
    }),
    body(llmChanges),
    async (c) => c.json(await testModel(c.var.ctx, ports(c), c.req.valid('json'))),
  )
