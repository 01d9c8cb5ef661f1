/** The registry of providers: to add one, write its folder and name it here. */
import { atlassian } from './atlassian'
import { aws } from './aws'
import { azure } from './azure'
import { bigpanda } from './bigpanda'
import { bitbucket } from './bitbucket'
import { cloudbees } from './cloudbees'
import { cloudflare } from './cloudflare'
import { confluence } from './confluence'
import type { Connector } from './connector'
import { coroot } from './coroot'
import { datadog } from './datadog'
import { dynatrace } from './dynatrace'
import { elasticsearch } from './elasticsearch'
import { flyio } from './flyio'
import { gcp } from './gcp'
import { github } from './github'
import { gitlab } from './gitlab'
import { googleChat } from './google-chat'
import { grafana } from './grafana'
import { incidentio } from './incidentio'
import { jira } from './jira'
import { kubeconfig } from './kubeconfig'
import { kubectl } from './kubectl'
import { jenkins } from './jenkins'
import { loki } from './loki'
import { netdata } from './netdata'
import { newrelic } from './newrelic'
import { notion } from './notion'
import { opsgenie } from './opsgenie'
import { ovh } from './ovh'
import { pagerduty } from './pagerduty'
import { prometheus } from './prometheus'
import { scaleway } from './scaleway'
import { sentry } from './sentry'
import { sharepoint } from './sharepoint'
import { slack } from './slack'
import { spinnaker } from './spinnaker'
import { splunk } from './splunk'
import { tailscale } from './tailscale'
import { thousandeyes } from './thousandeyes'

export const connectors: readonly Connector[] = [
  gcp,
  aws,
  azure,
  cloudflare,
  github,
  bitbucket,
  slack,
  notion,
  atlassian,
  confluence,
  jira,
  sharepoint,
  googleChat,
  ovh,
  datadog,
  prometheus,
  loki,
  grafana,
  newrelic,
  sentry,
  splunk,
  dynatrace,
  opsgenie,
  incidentio,
  netdata,
  bigpanda,
  pagerduty,
  elasticsearch,
  coroot,
  thousandeyes,
  scaleway,
  tailscale,
  flyio,
  gitlab,
  jenkins,
  cloudbees,
  spinnaker,
  kubectl,
  kubeconfig,
]

/** The provider with this id (`google-chat` is `google_chat`), or null. */
export const findConnector = (id: string): Connector | null => {
  const wanted = id.replaceAll('-', '_')
  return connectors.find((connector) => connector.id === wanted) ?? null
}
