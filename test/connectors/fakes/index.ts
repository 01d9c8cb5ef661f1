/** The fakes, one a provider: the conformance suite fails for a provider without one. */
import { atlassian } from './atlassian'
import { aws } from './aws'
import { azure } from './azure'
import { bigpanda } from './bigpanda'
import { bitbucket } from './bitbucket'
import { cloudbees } from './cloudbees'
import { cloudflare } from './cloudflare'
import { confluence } from './confluence'
import { coroot } from './coroot'
import { datadog } from './datadog'
import { dynatrace } from './dynatrace'
import { elasticsearch } from './elasticsearch'
import type { Fake } from './fake'
import { flyio } from './flyio'
import { gcp } from './gcp'
import { github } from './github'
import { gitlab } from './gitlab'
import { googleChat } from './google-chat'
import { grafana } from './grafana'
import { incidentio } from './incidentio'
import { jenkins } from './jenkins'
import { jira } from './jira'
import { kubeconfig } from './kubeconfig'
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

export const fakes: readonly Fake[] = [
  gcp,
  aws,
  azure,
  cloudflare,
  datadog,
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
  grafana,
  loki,
  prometheus,
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
  kubeconfig,
  jenkins,
  cloudbees,
  spinnaker,
]
