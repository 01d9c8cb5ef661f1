/** Whether the incident says something about the monitoring only. */

import type { TimelineAlert } from '../tools/alert-timeline'
import type { CaseFile } from './case-file'
import { textsOf } from './cues'
import { KEYS, type Candidate } from './fusion'

const ARTIFACT_LABELS = { aurora_test: 'test', aurora_nodata: 'no_data' } as const
const FLAPS = 3

/** An artifact is one only when every alert of the incident is; a single test alert hides no outage. */
export function artifactOf(
  file: CaseFile,
  first: Candidate | null,
): { readonly kind: 'test' | 'no_data' | 'flapping'; readonly labelled: boolean } | null {
  const { alerts, total } = file.timeline.value
  if (alerts.length === 0) return null
  if (file.timeline.item.trust !== 'low' && alerts.length === total) {
    for (const [label, kind] of Object.entries(ARTIFACT_LABELS)) {
      if (alerts.every((alert) => label in alert.labels && alert.labels[label] !== 'false'))
        return { kind, labelled: true }
    }
    const test = /(?<![A-Za-z])TestAlert(?![A-Za-z])/
    if (alerts.every((alert) => Object.values(alert.labels).some((value) => test.test(value))))
      return { kind: 'test', labelled: true }
    if (
      alerts.every((alert) =>
        textsOf(alert).some((text) => test.test(text) || /(?<![a-z_])aurora_(?:test|nodata)/.test(text)),
      )
    ) {
      return { kind: 'test', labelled: false }
    }
  }
  const quiet = first === null || KEYS.every((name) => name === 'A' || (first.components[name] ?? 0) < 0.3)
  return quiet && alerts.every((alert) => flapsInAnHour(file, alert) >= FLAPS)
    ? { kind: 'flapping', labelled: false }
    : null
}

/** Changes of state of one alert per hour, with those of its earlier rows in the hour before the onset. */
function flapsInAnHour(file: CaseFile, alert: TimelineAlert): number {
  const start = Date.parse(alert.startsAt)
  const end = Date.parse(alert.resolvedAt ?? alert.lastSeenAt)
  const hours = Math.max(1, (end - start) / 3_600_000)
  const earlier =
    file.history?.value.alertId === alert.id
      ? file.history.value.firings.filter((firing) => {
          const at = Date.parse(firing.startedAt)
          return firing.alertId !== alert.id && at < start && at >= start - 3_600_000
        })
      : []
  const before = earlier.reduce((sum, firing) => sum + 1 + firing.flaps, 0)
  return Math.floor(alert.flaps / hours) + before
}
