/** What was looked at and does not explain the incident, and what could not be looked at. */

import type { EvidenceItem } from '../evidence'
import type { RuledOut } from '../findings'
import type { CaseFile } from './case-file'
import { dependants, nameOfChange, ruledOut } from './claims'
import type { Candidate } from './fusion'
import { serviceKey } from './names'
import { changeHops, elsewhere } from './changes'
import { exactly, list, plain, sentence } from './wording'

const MAX_CHANGES = 5

/** Every signal that was measured and is quiet, every change that is excluded, every provider that reports nothing. */
export function ruledOutOf(file: CaseFile, first: Candidate | null): readonly RuledOut[] {
  const items: RuledOut[] = [...excludedChanges(file, first), ...wellProviders(file)]
  if (first === null) return items
  const name = plain(first.service)
  const { M, C, G, L } = first.components
  if (C === 0) {
    items.push(
      ruledOut(`No change to ${name} or what it depends on ended in the 2 hours before the first alert.`, [
        file.changeSource,
      ]),
    )
  }
  if (M === 0) {
    items.push(
      ruledOut(`The metrics of ${name} stayed within their usual range.`, [
        file.measured.get(serviceKey(first.service)),
      ]),
    )
  }
  if (L === 0) {
    items.push(
      ruledOut(`The logs of ${name} show no error line that is new or more frequent.`, [
        file.logged.get(serviceKey(first.service)),
      ]),
    )
  }
  // Callers that it cannot have hurt depend on it all the same.
  if (G === 0 && file.topology !== null && dependants(file, first).length === 0) {
    items.push(
      ruledOut(`None of the other alerting services is known to depend on ${name}.`, [
        file.timeline.item,
        file.topology.item,
      ]),
    )
  }
  return items
}

function wellProviders(file: CaseFile): readonly RuledOut[] {
  return file.wellProviders.map(({ item, provider }) =>
    ruledOut(`${plain(provider)} reports no open incident on its status page.`, [item]),
  )
}

/** Changes that ended too late, in another environment or on services without a connection, nearest to the onset first. */
function excludedChanges(file: CaseFile, first: Candidate | null): readonly RuledOut[] {
  return file.changes
    .toSorted(
      (a, b) =>
        Math.abs(a.finishedAt - file.onset) - Math.abs(b.finishedAt - file.onset) ||
        (a.change.id < b.change.id ? -1 : 1),
    )
    .flatMap((known): readonly RuledOut[] => {
      const change = known.change
      // Too late is measured against the suspect's own first sign, told against what people saw.
      const sign = first?.firstSign ?? file.onset
      const late = Math.round((known.finishedAt - sign) / 1000)
      const after = sign === file.onset ? 'the first alert' : 'the first sign of trouble'
      const lead = Math.round((file.onset - known.finishedAt) / 1000)
      const what = sentence(nameOfChange(change))
      if (elsewhere(file, change)) {
        return [
          ruledOut(
            `${what} went to ${plain(change.environment ?? '')}, not to ${plain(file.timeline.value.incident.environment ?? '')}.`,
            [known.item, file.timeline.item],
          ),
        ]
      }
      if (late > 120) {
        return [
          ruledOut(`${what} ended ${exactly(late)} after ${after}, so it did not start this.`, [
            known.item,
            file.timeline.item,
          ]),
        ]
      }
      const connected = file.scope.some((service) => changeHops(file, service, change) !== null)
      if (!connected && file.graph.known && change.service !== null) {
        return [
          ruledOut(
            `${what} ended ${lead >= 0 ? `${exactly(lead)} before` : `${exactly(-lead)} after`} the first alert, but no alerting service is known to depend on ${plain(change.service)}.`,
            [known.item, file.topology?.item],
          ),
        ]
      }
      return []
    })
    .slice(0, MAX_CHANGES)
}

const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['Metrics', /prometheus|mimir|thanos|victoria|metric|timeseries|cloudwatch|monitoring|nrql/],
  ['Logs', /loki|log|splunk|elastic|opensearch/],
  ['Traces', /tempo|trace|span/],
  ['Changes', /changes|commit|deployment|github|gitlab|jenkins/],
  ['Topology', /topology/],
  ['Platform', /kubernetes|_service_events$/],
]

/** Every kind of source that could not answer or had nothing to say, with the reason. */
export function notCheckedOf(file: CaseFile): readonly string[] {
  const failed = [
    ...file.unavailable.map((item): readonly [string, string] => [familyOf(item), failure(item)]),
    ...file.silent.map((item): readonly [string, string] => [
      familyOf(item),
      `${item.tool} found nothing about the services it was asked for.`,
    ]),
    ...file.unread.map(({ item, what }): readonly [string, string] => [
      familyOf(item),
      `${item.tool} could not read ${list(what.map((one) => plain(one)))}.`,
    ]),
  ]
  const answered = new Map<string, boolean>([
    ['Metrics', file.measured.size > 0],
    ['Logs', file.logged.size > 0],
    ['Traces', false],
    ['Changes', file.changeSource !== null],
    ['Topology', file.topology !== null],
  ])
  const missing: Readonly<Record<string, string>> = {
    Metrics: 'no metrics source is connected.',
    Logs: 'no log source is connected.',
    Traces: 'no trace source is connected.',
    Changes: 'no change source has reported in the last 30 days.',
    Topology: `no dependencies of ${alerting(file)} are known.`,
  }
  const lines = [...answered].flatMap(([family, known]) => {
    const reasons = failed.filter(([name]) => name === family).map(([, reason]) => reason)
    if (reasons.length > 0) return [...new Set(reasons)].map((reason) => `${family}: ${reason}`)
    return known ? [] : [`${family}: ${missing[family] ?? 'not available.'}`]
  })
  const others = failed
    .filter(([family]) => !answered.has(family))
    .map(([family, reason]) => `${family}: ${reason}`)
  const unnamed = file.timeline.value.alerts.filter((alert) => alert.service === null).length
  const nameless =
    unnamed === 0
      ? []
      : [`Alerts without a service: ${unnamed} of ${file.timeline.value.total} could not be placed.`]
  return [...lines, ...new Set(others), ...nameless]
}

const failure = (item: EvidenceItem): string => `${item.tool} failed (${item.errorCode ?? 'vendor_error'}).`

const familyOf = (item: EvidenceItem): string =>
  FAMILIES.find(([, pattern]) => pattern.test(item.tool))?.[0] ?? 'Tools'

function alerting(file: CaseFile): string {
  const names = file.timeline.value.services.map((service) => plain(service.service))
  return names.length === 0 ? 'the alerting services' : list(names, 3)
}
