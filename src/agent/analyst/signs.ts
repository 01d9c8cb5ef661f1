/** What shows that a service is unwell, and since when. */

import type { CaseFile, KnownSeries } from './case-file'
import { serviceKey } from './names'
import type { Profile } from './shapes'

/** Metrics in which the users of a service notice trouble. */
export const TELLING: ReadonlySet<Profile> = new Set(['error_ratio', 'errors', 'latency_p95', 'alert'])

/** Metrics of what a service uses: much of it is trouble only with something else. */
const USE: ReadonlySet<Profile> = new Set(['cpu', 'memory', 'disk_io', 'saturation', 'backlog'])

export type Measured = Pick<CaseFile, 'series' | 'anomalies'>
export type Seen = Measured & Pick<CaseFile, 'firstAlerts'>

export const same = (a: string, b: string): boolean => serviceKey(a) === serviceKey(b)

/** Anomalous series by service key, the earliest first. */
export function anomaliesBy(series: readonly KnownSeries[]): CaseFile['anomalies'] {
  return Map.groupBy(
    series
      .filter(({ score }) => score.anomalous)
      .toSorted((a, b) => (a.score.onset ?? 0) - (b.score.onset ?? 0) || (a.name < b.name ? -1 : 1)),
    ({ service }) => serviceKey(service),
  )
}

export const anomaliesOf = (
  { anomalies }: Pick<CaseFile, 'anomalies'>,
  service: string,
): readonly KnownSeries[] => anomalies.get(serviceKey(service)) ?? []

/** What hurts: more errors, slower answers, more use of something scarce. Less of it, or other traffic, is no trouble by itself. */
export const isSymptom = ({ profile, score }: KnownSeries): boolean =>
  profile === 'alert' || (profile !== 'request_rate' && score.direction === 'up')

/** The first alert or symptom of a service, ms; null when it shows none. */
export const firstSign = (file: Seen, service: string): number | null =>
  earliest([file.firstAlerts.get(serviceKey(service)) ?? null, firstSymptom(file, service)])

/**
 * Anomalies that show trouble of a service, the earliest first. Much use of processor or memory is none where its users
 * are known to be answered as usual: then it is work, often because others fail and ask again.
 */
export function symptomsOf(file: Measured, service: string): readonly KnownSeries[] {
  const symptoms = anomaliesOf(file, service).filter(isSymptom)
  const isWorkOnly = symptoms.every(({ profile }) => USE.has(profile)) && isTold(file, service)
  return isWorkOnly ? [] : symptoms
}

/** The first symptom in the metrics of a service, ms; null when they show none. */
export const firstSymptom = (file: Measured, service: string): number | null =>
  earliest(symptomsOf(file, service).map((series) => series.score.onset))

/** Whether metrics were read in which its users would notice trouble. */
const isTold = ({ series }: Pick<CaseFile, 'series'>, service: string): boolean =>
  series.some((one) => TELLING.has(one.profile) && same(one.service, service))

/** The first alert of a service or the first symptom other than much use, ms; null when there is neither. */
export const firstNoticed = (file: Seen, service: string): number | null =>
  earliest([
    file.firstAlerts.get(serviceKey(service)) ?? null,
    ...symptomsOf(file, service)
      .filter(({ profile }) => !USE.has(profile))
      .map((series) => series.score.onset),
  ])

/** When a metric of the service first went up, ms; null when it did not. */
export const rise = (measured: Pick<CaseFile, 'anomalies'>, service: string, of: readonly Profile[]) =>
  moved(measured, service, of, 'up')

/** When a metric of the service first went down, ms; null when it did not. */
export const fall = (measured: Pick<CaseFile, 'anomalies'>, service: string, of: readonly Profile[]) =>
  moved(measured, service, of, 'down')

const moved = (
  measured: Pick<CaseFile, 'anomalies'>,
  service: string,
  of: readonly Profile[],
  direction: 'up' | 'down',
): number | null =>
  earliest(
    anomaliesOf(measured, service)
      .filter(({ profile, score }) => of.includes(profile) && score.direction === direction)
      .map((series) => series.score.onset),
  )

/** Telling metrics were read, and nothing in the metrics is trouble. A quiet processor alone says nothing. */
export const isQuiet = (file: Measured, service: string): boolean =>
  isTold(file, service) && symptomsOf(file, service).length === 0

/** The smallest of the times that are known. */
export function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}
