/** What the data sources told, by service. */

import { readOutput, type EvidenceItem } from '../evidence'
import type { CaseFile, KnownSeries, KnownTemplate } from './case-file'
import { serviceKey } from './names'
import { withoutOver } from './over'
import { scoreSeries, type Point } from './series'
import { LEAST, sourceOutput, type ServiceSeries } from './shapes'

type Told = Pick<
  CaseFile,
  | 'series'
  | 'measured'
  | 'templates'
  | 'logged'
  | 'events'
  | 'providers'
  | 'wellProviders'
  | 'commits'
  | 'silent'
  | 'unread'
>

/** Reads the answers of data sources in the order of their numbers. */
export function toldBy(items: readonly EvidenceItem[], onset: number): Told {
  const series: KnownSeries[] = []
  const measured = new Map<string, EvidenceItem>()
  const templates: KnownTemplate[] = []
  const logged = new Map<string, EvidenceItem>()
  const events: Told['events'][number][] = []
  const providers: Told['providers'][number][] = []
  const wellProviders: Told['wellProviders'][number][] = []
  const commits: Told['commits'][number][] = []
  const silent: EvidenceItem[] = []
  const unread: Told['unread'][number][] = []
  for (const item of items) {
    const said = readOutput(item, sourceOutput)
    if (isSilent(item, said)) silent.push(item)
    if (said !== null && 'failed' in said && said.failed.length > 0) unread.push({ item, what: said.failed })
    switch (said?.shape) {
      case 'series':
      case 'service_series':
        for (const one of said.shape === 'series' ? [said] : said.services) {
          const known = scored(item, one, onset)
          if (known.length > 0) measured.set(serviceKey(one.service), item)
          series.push(...known)
        }
        break
      case 'logs':
      case 'service_logs':
        for (const { service, templates: lines } of said.shape === 'logs' ? [said] : said.services) {
          logged.set(serviceKey(service), item)
          templates.push(...lines.map((line) => ({ item, service, ...line })))
        }
        break
      case 'events':
      case 'service_events':
        for (const { service, texts } of said.shape === 'events' ? [said] : said.services)
          events.push(...texts.map((text) => ({ item, service, text })))
        break
      case 'commits':
        commits.push({ item, value: said })
        break
      case 'provider':
        if (said.open) providers.push({ item, provider: said.provider, title: said.title })
        else if (said.parts.length === 0) wellProviders.push({ item, provider: said.provider })
        break
      case undefined:
    }
  }
  return {
    series: withoutOver(series, onset),
    measured,
    templates,
    logged,
    events,
    providers,
    wellProviders,
    commits,
    silent,
    unread,
  }
}

/** Whether a source answered that it knows none of the services. */
const isSilent = (
  { tool, status }: EvidenceItem,
  said: ReturnType<typeof sourceOutput.parse> | null,
): boolean =>
  /_service_[a-z]+$/.test(tool) &&
  (status === 'empty' || (said !== null && 'services' in said && said.services.length === 0))

function scored(
  item: EvidenceItem,
  { service, series }: ServiceSeries,
  onset: number,
): readonly KnownSeries[] {
  return series.flatMap(({ name, profile, start, stepSeconds, values }) => {
    const points = values.flatMap((value, index): readonly Point[] =>
      value === null ? [] : [[start + index * stepSeconds * 1000, value]],
    )
    const score = scoreSeries(points, onset, LEAST[profile])
    return score === null ? [] : [{ item, service, name, profile, score }]
  })
}
