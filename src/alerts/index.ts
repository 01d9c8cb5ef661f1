/** The registry of alert sources: to add a sender, write its file and name it here. */
import { alertmanager } from './alertmanager'
import { alertmanagerApi } from './alertmanager-api'
import { bigpanda } from './bigpanda'
import { cloudevents } from './cloudevents'
import { cloudflare } from './cloudflare'
import { cloudwatch } from './cloudwatch'
import { datadog } from './datadog'
import { dynatrace } from './dynatrace'
import { generic } from './generic'
import { grafana } from './grafana'
import { incidentio } from './incidentio'
import { cloudbees, jenkins } from './jenkins'
import { jira } from './jira'
import { netdata } from './netdata'
import { newrelic } from './newrelic'
import { oncall } from './oncall'
import { opsgenie } from './opsgenie'
import { opsgenieApi } from './opsgenie-api'
import { pagerduty } from './pagerduty'
import { pagerdutyEvents } from './pagerduty-events'
import { sentry } from './sentry'
import { spinnaker } from './spinnaker'
import { splunk } from './splunk'
import type { AlertSource } from './source'

export const sources: readonly AlertSource[] = [
  grafana,
  alertmanager,
  generic,
  datadog,
  netdata,
  pagerduty,
  splunk,
  jenkins,
  cloudbees,
  spinnaker,
  dynatrace,
  bigpanda,
  newrelic,
  opsgenie,
  incidentio,
  cloudwatch,
  sentry,
  cloudflare,
  jira,
  cloudevents,
  oncall,
  pagerdutyEvents,
  alertmanagerApi,
  opsgenieApi,
]

/** The source with this slug, or null. */
export const findSource = (slug: string): AlertSource | null =>
  sources.find((source) => source.slug === slug) ?? null
