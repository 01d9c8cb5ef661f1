const sorted =
  'ordered by time, then id: the index ends at the time, and SQLite counts a row again that it sorts'
const asked =
  'besides what is shown, the row of the incident is read, which tells an empty list from an unknown id'
const account = 'the account first, which says whose it is; only then what was last known of it'
const builds = 'a build is found by its sender, once for the page and once for the total'
const sent = 'an alert, its delivery and its payload are a row each, and the total is counted, to 10,000'

/**
 * Reads that take more than one round trip, or more rows than they show and one, each with its reason. What a read needs
 * besides depends on what it is about, never on how many incidents there are.
 */
const MORE_READ = {
  '/api/orgs/current': 'the organisation, the caller and what counts its members are a row each',
  '/api/audit-log':
    'links what was written since the last look into the chain first; asked again it is one round trip',
  '/api/audit-log/verify': 'walks the whole chain, page by page: that is its purpose',
  '/api/incidents/{incident_id}':
    'an alert is two rows, a thread is read for its messages, too; alerts and suggestions are sorted',
  '/api/incidents/{incident_id}/alerts': `an alert is a row of its own and one of its incident; ${asked}`,
  '/api/incidents/{incident_id}/runs': asked,
  '/api/incidents/{incident_id}/runs/{run_id}': 'how long each step took is worked out from its thoughts',
  '/api/incidents/{incident_id}/evidence': asked,
  '/api/incidents/{incident_id}/findings': 'a finding is put together from the run and the evidence it cites',
  '/api/incidents/{incident_id}/findings/{agent_id}':
    'a finding is put together from the run and the evidence it cites',
  '/api/incidents/{incident_id}/feedback': asked,
  '/api/incidents/{incident_id}/postmortem': asked,
  '/api/incidents/{incident_id}/postmortem/versions': asked,
  '/api/incidents/{incident_id}/postmortem/versions/{version}': asked,
  '/api/incidents/{incident_id}/visualization':
    'nodes and edges are worked out from alerts, evidence and the service graph',
  '/api/incidents/{incident_id}/correlation': `a decision is read with its alert and its membership; ${asked}`,
  '/api/alerts': sorted,
  '/api/alerts/{alert_id}': 'the alert, and its history',
  '/api/alerts/{alert_id}/correlation': 'the alert, and the newest decision about it',
  '/api/postmortems': sorted,
  '/chat_api/sessions/{session_id}': 'a thread is a row, and so is each of its messages',
  '/api/integrations/{integration_id}': 'its health is taken from the ends of its deliveries',
  '/api/ingest/deliveries': sorted,
  '/api/ingest/deliveries/{delivery_id}': 'the delivery, and what came of it',
  '/api/ingest/dead-letters': 'looks once at each state of trouble of each integration',
  '/api/correlation/config': 'settings and rules are two round trips',
  '/api/llm/usage': 'sums the calls of the span; what the day has used and may use are rows of their own',
  '/jenkins/deployments': builds,
  '/cloudbees/deployments': builds,
  '/atlassian/status': 'three products, each looked for',
  '/api/connectors/status': account,
  '/api/connectors/{provider}/status': account,
  '/grafana/status': account,
  '/aws/status': account,
  '/aws/cloudwatch/status': account,
  '/workspaces/{id}/aws/links': 'the workspace first, which says whose it is',
  '/workspaces/{id}/aws/status': 'the workspace first, which says whose it is',
  '/workspaces/{id}/aws/accounts': 'the workspace first, which says whose it is',
  '/workspaces/{id}/aws/accounts/inactive': 'the workspace first, which says whose it is',
}

/** The lists of what one tool sent. */
const isSentList = (path) => path !== '/api/alerts' && /^\/\w+\/(alerts|events\/ingested)$/.test(path)

/** Whether what a read takes grows with what has happened, not with the incidents: the audit log's chain, a total of alerts. */
export const grows = (path) => path.startsWith('/api/audit-log') || isSentList(path)

/** @returns {string | null} why this read may take more, null when nothing is known that would excuse it */
export const reasonOf = (path) =>
  MORE_READ[path] ??
  (isSentList(path) ? sent : null) ??
  (path.endsWith('/webhook-url') ? "looks through the organisation's integrations for the sender's" : null)
