import type { Severity } from '../facts'
import type { CaseFile } from './case-file'
import type { Mechanism } from './mechanism'

/** The severity to fill in: the known one stays, else by what is affected. */
export function severityOf(file: CaseFile, mechanism: Mechanism): Severity {
  const { incident, services } = file.timeline.value
  if (incident.severity !== 'unknown') return incident.severity
  if (mechanism === 'monitoring_artifact') return 'low'
  if (services.length >= 3 || mechanism === 'disk_full' || mechanism === 'certificate') return 'critical'
  const users = file.series.some(
    (series) =>
      series.score.anomalous && (series.profile === 'error_ratio' || series.profile === 'latency_p95'),
  )
  return users || services.length === 2 ? 'high' : 'medium'
}
