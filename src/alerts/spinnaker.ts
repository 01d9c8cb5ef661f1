/** Spinnaker's Echo webhooks about pipeline executions. */
import * as z from 'zod'
import { draftsOfBuild, unfinishedBuild, type Outcome } from './ci-builds'
import { lenientRecord } from './lenient'
import { alertSource, type Draft, type SourceContext } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'
import { parseTime } from './times'

/** States in which an execution is over. */
const OUTCOMES = new Map<string, Outcome>([
  ['TERMINAL', { kind: 'failed', severity: 'critical' }],
  ['SUCCEEDED', { kind: 'succeeded' }],
  ['CANCELED', { kind: 'neutral' }],
  ['STOPPED', { kind: 'neutral' }],
])

const payload = z.object({ details: lenientRecord, content: lenientRecord })

function read({ details, content }: z.infer<typeof payload>, { settings }: SourceContext): Draft[] {
  const execution = recordOf(content['execution'])
  const application = firstText(execution['application'], details['application'])
  const pipeline = textOf(execution['name'])
  const id = textOf(execution['id'])
  const result = textOf(execution['status'])?.toUpperCase() ?? ''
  const outcome = OUTCOMES.get(result)
  const job = [application, pipeline]
  if (outcome === undefined) return [unfinishedBuild('spinnaker', job)]
  const trigger = recordOf(execution['trigger'])
  const author = textOf(trigger['user'])
  return draftsOfBuild(
    {
      source: 'spinnaker',
      displayName: 'Spinnaker',
      job,
      build: id,
      services: [application],
      environment: null,
      result,
      outcome,
      author,
      startedAt: parseTime(execution['startTime']),
      finishedAt: parseTime(execution['endTime']) ?? parseTime(details['created']),
      metadata: {
        application,
        pipeline,
        executionId: id,
        trigger: trigger['type'],
        deployer: author,
        failedStages: failedStages(execution['stages']),
      },
    },
    // Without an environment a failed execution always fires.
    { ...settings, openOnFailure: 'always' },
  )
}

/** Names of the stages that ended the execution; null when there are none. */
function failedStages(stages: unknown): string[] | null {
  const names = (Array.isArray(stages) ? stages : [])
    .filter(isRecord)
    .filter(({ status }) => textOf(status)?.toUpperCase() === 'TERMINAL')
    .flatMap(({ name, type }) => firstText(name, type) ?? [])
  return names.length === 0 ? null : names
}

export const spinnaker = alertSource({
  slug: 'spinnaker',
  sourceType: 'spinnaker',
  displayName: 'Spinnaker',
  scheme: 'aurora-v1',
  defaultVerification: 'required',
  aliases: [{ family: 'A', path: '/spinnaker/webhook/{key}' }],
  idempotencyKey: false,
  deliveryIdentity: 'body',
  instructions: [
    'In Spinnaker add the address as a REST endpoint of Echo, in echo-local.yml under rest.endpoints.',
    'Sign the requests with the signing secret, in the headers X-Aurora-Timestamp and X-Aurora-Signature; Echo does not, so a small proxy has to.',
    'An admin may instead set the verification of this integration to token_only.',
  ],
  payload,
  toAlerts: read,
  example: {
    details: {
      source: 'orca',
      type: 'orca:pipeline:failed',
      created: '1767261720000',
      application: 'checkout',
    },
    content: {
      execution: {
        id: '01HZX5A6B7C8D9E0F1G2H3J4K5',
        name: 'deploy-prod',
        application: 'checkout',
        status: 'TERMINAL',
        startTime: 1767261530000,
        endTime: 1767261719000,
        trigger: { type: 'docker', user: 'dana' },
        stages: [{ name: 'Deploy', type: 'deploy', status: 'TERMINAL' }],
      },
    },
  },
})
