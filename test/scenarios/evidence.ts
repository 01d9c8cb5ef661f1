/** A scenario as stored evidence: what the tools would have answered. */

import type { EvidenceItem } from '../../src/agent/evidence'
import type { AlertFacts, ChangeFacts, EdgeFacts } from '../../src/agent/facts'
import { alert, at, change, contextOf, incident, NOW, observed } from '../agent/fakes'
import type { Scenario, ScenarioAlert, ScenarioChange } from './scenario'
import { START, STEP, valuesOf } from './series'

/** Evidence in the order in which an investigation would gather it. */
export async function evidenceOf(scenario: Scenario): Promise<readonly EvidenceItem[]> {
  const alerts = scenario.alerts.map(alertOf)
  const [first] = alerts
  const items = await contextOf({
    incident: incident({
      title: first?.title ?? scenario.name,
      service: first?.service ?? null,
      severity: first?.severity ?? 'unknown',
      alertCount: alerts.length,
    }),
    alerts,
    edges: edgesOf(scenario),
    changes: (scenario.changes ?? []).map(changeOf),
  })
  const numbered = (tool: string, output: unknown, over: Partial<EvidenceItem> = {}): void => {
    items.push(observed(items.length + 1, tool, output, over))
  }
  for (const { service, series } of seriesOf(scenario))
    numbered('prometheus_service_metrics', { shape: 'series', service, series })
  for (const [service, lines] of Object.entries(scenario.logs ?? {})) {
    const templates = lines.map(([template, incident, baseline], index) => ({
      id: String(index),
      template,
      incident,
      baseline,
    }))
    numbered('loki_service_logs', { shape: 'logs', service, templates })
  }
  for (const [service, texts] of Object.entries(scenario.events ?? {}))
    numbered('kubernetes_service_events', { shape: 'events', service, texts })
  for (const title of scenario.providers ?? [])
    numbered('provider_status', { shape: 'provider', provider: title.split(':')[0], open: true, title })
  for (const tool of scenario.failed ?? [])
    numbered(tool, null, { status: 'error', errorCode: 'unreachable' })
  return items
}

export const edgesOf = ({ calls = [] }: Scenario): readonly EdgeFacts[] =>
  calls.map((call) => {
    const [from = '', to = ''] = call.split(' > ')
    return { from, to }
  })

/** Every series of a scenario, its values from an hour before the first alert on. */
export const seriesOf = ({ name, metrics = {} }: Scenario) =>
  Object.entries(metrics).map(([service, courses]) => ({
    service,
    series: Object.entries(courses).map(([profile, course]) => ({
      name: profile,
      profile,
      start: at(START),
      stepSeconds: STEP,
      // Restarts are counted, not measured.
      values: valuesOf(`${name} ${service} ${profile}`, {
        ...(profile === 'restarts' && { noise: 0 }),
        ...course,
      }),
    })),
  }))

function alertOf(given: ScenarioAlert, index: number): AlertFacts {
  const startsAt = at(given.at ?? 0)
  const resolvedAt = given.until === undefined ? null : at(given.until)
  return alert(index + 1, {
    title: given.title,
    description: given.text ?? null,
    service: given.service,
    host: given.host ?? null,
    severity: given.severity ?? 'high',
    state: resolvedAt === null ? 'firing' : 'resolved',
    startsAt,
    resolvedAt,
    lastSeenAt: resolvedAt ?? NOW,
    flaps: given.flaps ?? 0,
    labels: { alertname: given.title, ...given.labels },
  })
}

function changeOf(given: ScenarioChange, index: number): ChangeFacts {
  const job = `${given.kind ?? 'deploy'}/${given.service ?? 'shared'}`
  return change(index + 1, {
    kind: given.kind ?? 'deployment',
    job,
    title: job,
    service: given.service,
    environment: given.environment ?? 'production',
    result: given.result ?? 'SUCCESS',
    repository: given.service === null ? null : `acme/${given.service}`,
    startedAt: at(given.at - 120),
    finishedAt: at(given.at),
  })
}
