/** From what a source said to the canonical record: cleaning, shared derivations, defaults and limits. */
import { sha256Hex } from '../lib/hmac'
import { LIMITS, type CanonicalAlert, type ChangeEvent } from './canonical'
import { environmentOf, hostOf, serviceOf } from './service'
import { severityOf } from './severity'
import type { AlertDraft, AlertSource, ChangeDraft, SourceContext } from './source'
import { labelsOf, metadataOf, textOf, urlOf } from './text'
import { clampTime, parseTime } from './times'

/** The canonical alert of `draft`, or the reason why there is none. `seq` is its index inside the delivery. */
export async function finishAlert(
  source: AlertSource,
  draft: AlertDraft,
  seq: number,
  { settings, receivedAt }: SourceContext,
): Promise<CanonicalAlert | string> {
  const all = draft.labels ?? {}
  const title = textOf(draft.title, LIMITS.title) ?? `${source.displayName} alert`
  const service = serviceOf({
    mapped: draft.service,
    labels: all,
    vendor: draft.vendorService ?? [],
    fallback: settings.defaultService,
  })
  const environment = environmentOf({
    mapped: draft.environment,
    labels: all,
    vendor: draft.vendorEnvironment ?? [],
    fallback: settings.defaultEnvironment,
  })
  const host = hostOf({ mapped: draft.host, labels: all, vendor: draft.vendorHost ?? [], fallback: null })
  const key = textOf(draft.dedupKey)
  if (key === null && draft.identity !== 'facts') return 'Missing dedupKey'
  const dedupKey =
    key === null
      ? await sha256Hex([title, service, environment, host].map((part) => part ?? '').join('|'))
      : await storedDedupKey(key)
  const severityRaw = textOf(draft.severityRaw, LIMITS.name)
  const severity = draft.severity ?? severityOf(severityRaw)
  const believed = (value: unknown): number | null => {
    const time = parseTime(value)
    return time === null ? null : clampTime(time, receivedAt)
  }

  return {
    source: source.slug,
    sourceType: source.sourceType,
    kind: draft.kind ?? 'alert',
    dedupKey,
    state: draft.state,
    severity: severity === 'unknown' ? settings.defaultSeverity : severity,
    severityRaw,
    title,
    description: textOf(draft.description, LIMITS.description),
    service,
    environment,
    host,
    startsAt: believed(draft.startsAt),
    endsAt: believed(draft.endsAt),
    eventTime: believed(draft.eventTime) ?? receivedAt,
    sourceUrl: urlOf(draft.sourceUrl),
    dashboardUrl: urlOf(draft.dashboardUrl),
    runbookUrl: urlOf(draft.runbookUrl),
    labels: labelsOf(all),
    metadata: metadataOf(draft.metadata ?? {}),
    sourceAlertId: textOf(draft.sourceAlertId, LIMITS.sourceAlertId) ?? dedupKey,
    seq,
    firedAt: parseTime(draft.startsAt),
    forceState: draft.forceState ?? false,
    reopening: draft.reopening ?? false,
    onlyIfOpen: draft.onlyIfOpen ?? false,
    expiresAt: parseTime(draft.expiresAt),
    test: draft.test ?? false,
  }
}

/** The change event of `draft`, or the reason why there is none. */
export function finishChange(
  source: AlertSource,
  draft: ChangeDraft,
  { settings, receivedAt }: SourceContext,
): ChangeEvent | string {
  const text = (value: unknown): string | null => textOf(value, LIMITS.changeText)
  const job = text(draft.job)
  const build = text(draft.build)
  if (job === null) return 'Missing job'
  if (build === null) return 'Missing build'
  const started = parseTime(draft.startedAt)
  const finished = parseTime(draft.finishedAt)
  const origins = { labels: {}, vendor: [] }
  return {
    provider: text(draft.provider) ?? source.slug,
    job,
    build,
    kind: draft.kind,
    title: textOf(draft.title, LIMITS.title) ?? textOf(`${job} #${build}`, LIMITS.title) ?? job,
    service: serviceOf({ ...origins, mapped: draft.service, fallback: settings.defaultService }),
    environment: environmentOf({
      ...origins,
      mapped: draft.environment,
      fallback: settings.defaultEnvironment,
    }),
    result: text(draft.result),
    commit: text(draft.commit),
    branch: text(draft.branch),
    repository: text(draft.repository),
    author: text(draft.author),
    url: urlOf(draft.url),
    traceId: text(draft.traceId),
    startedAt: started === null ? null : clampTime(started, receivedAt),
    finishedAt: finished === null ? receivedAt : clampTime(finished, receivedAt),
  }
}

/** A key as it is stored: at most 255 characters; a longer one keeps its identity as a hash. */
export async function storedDedupKey(key: string): Promise<string> {
  return Array.from(key).length <= LIMITS.dedupKey ? key : `h:${await sha256Hex(key)}`
}
