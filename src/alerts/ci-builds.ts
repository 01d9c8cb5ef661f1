/** Finished builds of any CI system: each is a change, a failed one may fire, a good one ends what the job fired. */
import type { Severity } from './canonical'
import { environmentOf, serviceOf } from './service'
import type { SourceSettings } from './settings'
import type { AlertDraft, ChangeDraft, Draft } from './source'

/** One finished build as a source read it. Texts are taken as the vendor sent them. */
export interface FinishedBuild {
  /** The source's slug, which begins the alert's identity. */
  readonly source: string
  readonly displayName: string
  /** Identity of the job, in the order of its parts. */
  readonly job: readonly (string | null)[]
  readonly build: string | null
  /** Names of the service, the first usable one counts. */
  readonly services: readonly (string | null)[]
  readonly environment: string | null
  /** The vendor's word. */
  readonly result: string
  readonly outcome: Outcome
  readonly commit?: string | null
  readonly branch?: string | null
  readonly repository?: string | null
  readonly author: string | null
  readonly url?: string | null
  readonly traceId?: string | null
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly metadata: Readonly<Record<string, unknown>>
}

/** `failed` fires with this severity; `neutral` neither fires nor ends anything. */
export type Outcome = { readonly kind: 'succeeded' | 'neutral' } | FailedOutcome
interface FailedOutcome {
  readonly kind: 'failed'
  readonly severity: Severity
}

/** The alert of a finished build, if it concerns one, then its change. */
export function draftsOfBuild(build: FinishedBuild, settings: SourceSettings): Draft[] {
  const service = serviceOf({
    mapped: null,
    labels: {},
    vendor: build.services,
    fallback: settings.defaultService,
  })
  const environment = environmentOf({
    mapped: build.environment,
    labels: {},
    vendor: [],
    fallback: settings.defaultEnvironment,
  })
  const opens =
    build.outcome.kind === 'failed' &&
    (settings.openOnFailure === 'always' || environment === 'production' || environment === null)
  const alert = { ...alertOf(build, service), environment }
  const change = { ...changeOf(build), service, environment }
  return opens || build.outcome.kind === 'succeeded' ? [alert, change] : [change]
}

/** A build that is not finished yet: known, and nothing else. */
export const unfinishedBuild = (source: string, job: readonly (string | null)[]): AlertDraft => ({
  type: 'alert',
  kind: 'deployment',
  state: 'info',
  dedupKey: keyOf(source, job),
})

const jobOf = (parts: readonly (string | null)[]): string | null =>
  parts.filter((part) => part !== null).join('/') || null

/** Absent without a job: then nothing says which alert a later build would end. */
const keyOf = (source: string, job: readonly (string | null)[]): string | null =>
  jobOf(job) === null ? null : [source, ...job.map((part) => part ?? '')].join('|')

function alertOf(build: FinishedBuild, service: string | null): AlertDraft {
  const failed = build.outcome.kind === 'failed'
  const job = jobOf(build.job)
  return {
    type: 'alert',
    kind: 'deployment',
    state: failed ? 'firing' : 'resolved',
    dedupKey: keyOf(build.source, build.job),
    title: `${build.displayName} deploy: ${service ?? job ?? 'a job'} [${build.result}]`,
    severityRaw: build.result,
    severity: build.outcome.kind === 'failed' ? build.outcome.severity : undefined,
    service,
    startsAt: failed ? build.finishedAt : null,
    endsAt: failed ? null : build.finishedAt,
    eventTime: build.finishedAt,
    sourceUrl: build.url,
    sourceAlertId: [job, build.build].filter((part) => part !== null).join('#'),
    metadata: build.metadata,
  }
}

const changeOf = (build: FinishedBuild): ChangeDraft => ({
  type: 'change',
  kind: 'deployment',
  job: jobOf(build.job),
  build: build.build,
  result: build.result,
  commit: build.commit,
  branch: build.branch,
  repository: build.repository,
  author: build.author,
  url: build.url,
  traceId: build.traceId,
  startedAt: build.startedAt,
  finishedAt: build.finishedAt,
})
