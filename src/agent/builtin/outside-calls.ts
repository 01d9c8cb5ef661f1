/** What to look up outside the house: only what the alerts themselves point to. */
import type { CaseFile } from '../analyst/case-file'
import { plain } from '../analyst/wording'
import { providersIn, type ProviderName } from '../providers'
import { LONGEST_NAME } from '../tools/find-runbook'
import type { Turn } from './investigate'
import type { Transcript } from './transcript'

const MAX_PROVIDERS = 2

/** The runbook of the primary alert, and the status pages of providers that the case names. Each is asked once. */
export function outsideCalls(
  file: CaseFile | null,
  { called }: Pick<Transcript, 'called'>,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  if (file === null) return []
  const open = (tool: string): boolean => offered.has(tool) && !called.has(tool)
  const runbook = open('fetch_runbook') ? runbookOf(file) : null
  const providers = open('provider_status') ? providersOf(file) : []
  return [
    ...(runbook === null ? [] : [{ name: 'fetch_runbook', args: { url: runbook } }]),
    ...providers.slice(0, MAX_PROVIDERS).map((name) => ({ name: 'provider_status', args: { name } })),
  ]
}

/** A search for the runbook of the primary alert, where no alert says where it is. */
export function runbookSearch(
  { timeline: { value } }: CaseFile,
  { called }: Pick<Transcript, 'called'>,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const primary = value.alerts.find(({ id }) => id === value.primaryAlertId)
  const isLinked = value.alerts.some(({ runbookUrl }) => runbookUrl !== null)
  if (primary === undefined || isLinked || !offered.has('find_runbook') || called.has('find_runbook'))
    return []
  const { service, title, labels } = primary
  const alertname = (labels['alertname'] || title).slice(0, LONGEST_NAME).toWellFormed()
  return [{ name: 'find_runbook', args: { ...(service === null ? {} : { service }), alertname } }]
}

/** One that was redacted is no address any more. */
function runbookOf({ timeline: { item, value } }: CaseFile): string | null {
  const url = value.alerts.find(({ id }) => id === value.primaryAlertId)?.runbookUrl ?? null
  return url === null || item.trust === 'low' || /\[(?:REDACTED|QUARANTINED):/.test(url) ? null : url
}

/** Cues of `external_provider`: a provider's name in an alert, a log line or a platform event. Who sent an alert is no cue. */
function providersOf({ timeline, templates, events }: CaseFile): readonly ProviderName[] {
  const { alerts } = timeline.value
  const senders = new Set(alerts.flatMap(({ source }) => providersIn(source.replaceAll(/[_-]/g, ' '))))
  const texts = [
    ...alerts.flatMap(({ title, description, labels }) => [
      title,
      description ?? '',
      ...Object.values(labels),
    ]),
    ...templates.filter(({ incident, baseline }) => incident > baseline).map(({ template }) => template),
    ...events.map(({ text }) => text),
  ]
  return [...new Set(texts.flatMap(providersIn))].filter((name) => !senders.has(name))
}

/** What the status pages and the search for a runbook added. */
export const learnedOutside = (
  { providers, runbook }: CaseFile,
  fresh: ReadonlySet<number>,
): readonly string[] => [
  ...providers
    .filter(({ item }) => fresh.has(item.number))
    .map(({ provider, title }) => `${plain(provider)} reports an open incident: ${plain(title, 100)}.`),
  ...(runbook === null || !fresh.has(runbook.item.number)
    ? []
    : [`There is something to read about it: ${plain(runbook.value.title, 100)}.`]),
]
