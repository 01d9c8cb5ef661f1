/** Jenkins and CloudBees CI: a build reported by a pipeline step, or by the Notification plugin. */
import * as z from 'zod'
import { draftsOfBuild, unfinishedBuild, type Outcome } from './ci-builds'
import { jenkinsfileBasic, jenkinsfileCurl } from './jenkinsfiles'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource, type AlertSource, type Draft, type SourceContext } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'
import { parseTime } from './times'

const payload = z.object({
  service: lenientText,
  job_name: lenientText,
  environment: lenientText,
  result: lenientText,
  build_number: lenientText,
  build_url: lenientText,
  git: lenientRecord,
  deployer: lenientText,
  duration_ms: lenientValue,
  trace_id: lenientText,
  name: lenientText,
  /** The Notification plugin's shape. */
  build: lenientValue,
})
type Report = z.infer<typeof payload>

const OUTCOMES = new Map<string, Outcome>([
  ['SUCCESS', { kind: 'succeeded' }],
  ['FAILURE', { kind: 'failed', severity: 'critical' }],
  ['UNSTABLE', { kind: 'failed', severity: 'high' }],
])

/** What one of the two products calls itself. */
interface Product {
  readonly slug: 'jenkins' | 'cloudbees'
  readonly displayName: string
}

/** What both shapes say, read alike. */
interface Facts {
  readonly job: string | null
  /** Null while the build runs. */
  readonly result: string | null
  readonly build: string | null
  readonly service: string | null
  readonly environment: string | null
  readonly commit: string | null
  readonly branch: string | null
  readonly repository: string | null
  readonly author: string | null
  readonly url: string | null
  readonly traceId: string | null
  readonly duration: unknown
  /** ms since the epoch; null for "now". */
  readonly finishedAt: number | null
}

function reportedFacts(report: Report): Facts {
  const { git } = report
  return {
    job: report.job_name ?? report.name ?? report.service,
    result: report.result,
    build: firstText(report.build_number, numberIn(report.build_url), report.trace_id),
    service: report.service,
    environment: report.environment,
    commit: textOf(git['commit_sha']),
    branch: textOf(git['branch']),
    repository: textOf(git['repository']),
    author: report.deployer,
    url: report.build_url,
    traceId: report.trace_id,
    duration: report.duration_ms,
    finishedAt: null,
  }
}

function pluginFacts(report: Report, build: Readonly<Record<string, unknown>>): Facts {
  const parameters = recordOf(build['parameters'])
  const scm = recordOf(build['scm'])
  const finished = textOf(build['phase'])?.toUpperCase() === 'FINALIZED'
  const url = firstText(build['full_url'])
  return {
    job: report.name ?? report.job_name,
    result: finished ? firstText(build['status'], report.result) : null,
    build: firstText(build['number'], numberIn(url)),
    service: firstText(report.service, parameters['SERVICE']),
    environment: firstText(report.environment, parameters['ENVIRONMENT']),
    commit: textOf(scm['commit']),
    branch: textOf(scm['branch']),
    repository: textOf(scm['url']),
    author: firstText(report.deployer, parameters['DEPLOYER']),
    url,
    traceId: report.trace_id,
    duration: build['duration'],
    finishedAt: parseTime(build['timestamp']),
  }
}

/** The build number at the end of a build's address. */
const numberIn = (url: string | null): string | null => /\/(\d{1,15})\/?$/.exec(url ?? '')?.[1] ?? null

function read(product: Product, report: Report, { settings, receivedAt }: SourceContext): Draft[] {
  const facts = isRecord(report.build) ? pluginFacts(report, report.build) : reportedFacts(report)
  if (facts.result === null) return [unfinishedBuild(product.slug, [facts.job])]
  const result = facts.result.toUpperCase()
  const { build, environment, commit, branch, repository, author, url, traceId } = facts
  const finishedAt = facts.finishedAt ?? receivedAt
  const duration = Number(textOf(facts.duration) ?? Number.NaN)
  return draftsOfBuild(
    {
      source: product.slug,
      displayName: product.displayName,
      job: [facts.job],
      build,
      services: [facts.service, serviceInJob(facts.job)],
      environment,
      result,
      outcome: OUTCOMES.get(result) ?? { kind: 'neutral' },
      commit,
      branch,
      repository,
      author,
      url,
      traceId,
      startedAt: duration >= 0 ? finishedAt - duration : null,
      finishedAt,
      metadata: { branch, commitSha: commit, repository, traceId, buildUrl: url, deployer: author },
    },
    settings,
  )
}

/** `checkout-api` of `deploy/checkout-api` and of `deploy-checkout-api`. */
const serviceInJob = (job: string | null): string | null =>
  job
    ?.split('/')
    .findLast((part) => part !== '')
    ?.replace(/^deploy-/, '') ?? null

function missingField(body: unknown): string | null {
  const { build, result, build_number: number } = recordOf(body)
  return isRecord(build) || textOf(result) !== null || textOf(number) !== null ? null : 'result'
}

const buildSource = (product: Product, example: unknown, otherExamples: readonly unknown[]): AlertSource =>
  alertSource({
    slug: product.slug,
    sourceType: product.slug,
    displayName: product.displayName,
    scheme: 'aurora-v1',
    defaultVerification: 'required',
    aliases: [
      { family: 'A', path: `/${product.slug}/webhook/{key}` },
      { family: 'C', path: `/api/${product.slug}/deployment` },
    ],
    settings: { legacySignature: true },
    idempotencyKey: false,
    deliveryIdentity: 'body',
    instructions: [
      `In ${product.displayName} store the signing secret as a secret text credential named aurora-signing-secret.`,
      'Add one of the steps below to the pipeline; both sign what they send.',
    ],
    templates: { jenkinsfileBasic, jenkinsfileCurl },
    payload,
    missingField,
    toAlerts: (report, context) => read(product, report, context),
    example,
    otherExamples,
  })

const reported = {
  event_type: 'deployment',
  service: 'checkout-api',
  job_name: 'deploy/checkout-api',
  environment: 'production',
  result: 'FAILURE',
  build_number: 1042,
  build_url: 'https://jenkins.example.com/job/deploy/job/checkout-api/1042/',
  git: {
    commit_sha: '9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c',
    branch: 'main',
    repository: 'acme/checkout-api',
  },
  deployer: 'dana',
  duration_ms: 184532,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
}

const notified = {
  name: 'deploy-checkout-api',
  url: 'job/deploy-checkout-api/',
  build: {
    full_url: 'https://jenkins.example.com/job/deploy-checkout-api/1042/',
    number: 1042,
    queue_id: 881,
    timestamp: 1767261721000,
    phase: 'FINALIZED',
    status: 'FAILURE',
    url: 'job/deploy-checkout-api/1042/',
    scm: {
      url: 'https://github.com/acme/checkout-api.git',
      branch: 'origin/main',
      commit: '9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c',
    },
    parameters: { SERVICE: 'checkout-api', ENVIRONMENT: 'production' },
    artifacts: {},
  },
}

export const jenkins = buildSource({ slug: 'jenkins', displayName: 'Jenkins' }, reported, [notified])
export const cloudbees = buildSource({ slug: 'cloudbees', displayName: 'CloudBees' }, reported, [notified])
