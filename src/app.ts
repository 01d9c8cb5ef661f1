/** The one HTTP app: middleware in order, then the mounts. */
import { Hono } from 'hono'
import type { App } from './http/env'
import { renderError } from './http/errors'
import { fixedPaths } from './http/fixed-paths'
import { cors } from './http/middleware/cors'
import { cost } from './http/middleware/cost'
import { requireSigningKey } from './http/middleware/identity'
import { requestId } from './http/middleware/request-id'
import { requestLog } from './http/middleware/request-log'
import { securityHeaders } from './http/middleware/security-headers'
import { sweeper } from './http/middleware/sweeper'
import { apiDocument } from './http/routes/api-document'
import { accessTokens } from './http/routes/access-tokens'
import { alerts } from './http/routes/alerts'
import { approvals } from './http/routes/approvals'
import { auditLog } from './http/routes/audit-log'
import { alertmanagerApi } from './http/routes/alertmanager-api'
import { auth } from './http/routes/auth'
import { changes } from './http/routes/changes'
import { chatMessages } from './http/routes/chat-messages'
import { chatSessions } from './http/routes/chat-sessions'
import { clusterAgent } from './http/routes/cluster-agent'
import { commandPolicies } from './http/routes/command-policies'
import { connectorAliases } from './http/routes/connector-aliases'
import { connectorAtlassian } from './http/routes/connector-atlassian'
import { connectorBitbucket } from './http/routes/connector-bitbucket'
import { connectorBitbucketRepos } from './http/routes/connector-bitbucket-repos'
import { connectorAws } from './http/routes/connector-aws'
import { connectorAwsAccounts } from './http/routes/connector-aws-accounts'
import { connectorAwsRoles } from './http/routes/connector-aws-roles'
import { connectorAwsTemplates } from './http/routes/connector-aws-templates'
import { connectorAzure } from './http/routes/connector-azure'
import { connectorCi } from './http/routes/connector-ci'
import { connectorCloudflare } from './http/routes/connector-cloudflare'
import { connectorConfluence } from './http/routes/connector-confluence'
import { connectorGcp } from './http/routes/connector-gcp'
import { connectorGcpLogin } from './http/routes/connector-gcp-login'
import { connectorGcpProjects } from './http/routes/connector-gcp-projects'
import { connectorGithub } from './http/routes/connector-github'
import { connectorGithubApp } from './http/routes/connector-github-app'
import { connectorGitlab } from './http/routes/connector-gitlab'
import { connectorGoogleChat } from './http/routes/connector-google-chat'
import { connectorJira } from './http/routes/connector-jira'
import { connectorGithubRepos } from './http/routes/connector-github-repos'
import { connectorKubeconfig } from './http/routes/connector-kubeconfig'
import { connectorKubectl } from './http/routes/connector-kubectl'
import { connectorNotion } from './http/routes/connector-notion'
import { connectorOvh } from './http/routes/connector-ovh'
import { connectorOvhProjects } from './http/routes/connector-ovh-projects'
import { connectorPagerduty } from './http/routes/connector-pagerduty'
import { connectorScaleway } from './http/routes/connector-scaleway'
import { connectorSentry } from './http/routes/connector-sentry'
import { connectorSharepoint } from './http/routes/connector-sharepoint'
import { connectorSlack } from './http/routes/connector-slack'
import { connectorTailscale } from './http/routes/connector-tailscale'
import { connectorViews } from './http/routes/connector-views'
import { connectors } from './http/routes/connectors'
import { correlation } from './http/routes/correlation'
import { debug } from './http/routes/debug'
import { debugIngest } from './http/routes/debug-ingest'
import { deliveries } from './http/routes/deliveries'
import { evidence } from './http/routes/evidence'
import { feedback } from './http/routes/feedback'
import { health } from './http/routes/health'
import { incidents } from './http/routes/incidents'
import { ingested } from './http/routes/ingested'
import { integrations } from './http/routes/integrations'
import { investigations } from './http/routes/investigations'
import { invitations } from './http/routes/invitations'
import { machines } from './http/routes/machines'
import { llm } from './http/routes/llm'
import { maintenanceWindows } from './http/routes/maintenance-windows'
import { merges } from './http/routes/merges'
import { notifications } from './http/routes/notifications'
import { organizations } from './http/routes/organizations'
import { postmortems } from './http/routes/postmortems'
import { preferences } from './http/routes/preferences'
import { opsgenieApi } from './http/routes/opsgenie-api'
import { pagerdutyEvents } from './http/routes/pagerduty-events'
import { securityEvents } from './http/routes/security-events'
import { slackEvents } from './http/routes/slack-events'
import { socket } from './http/routes/socket'
import { streams } from './http/routes/streams'
import { subscriptions } from './http/routes/subscriptions'
import { suggestions } from './http/routes/suggestions'
import { toolPermissions } from './http/routes/tool-permissions'
import { webhookUrls } from './http/routes/webhook-urls'
import { webhookHandshake } from './http/routes/webhook-handshake'
import { webhooks } from './http/routes/webhooks'
import { RememberingRouter } from './http/router'
import { unknownPath } from './http/unknown-path'

export const app = new Hono<App>({ strict: false, router: new RememberingRouter() })

app.use(requestId, cost)

app.route('/', debug)
app.route('/', debugIngest)

app.use(requestLog, securityHeaders, cors, sweeper, fixedPaths(app))

app.route('/', health)

app.use(requireSigningKey)

app.route('/', auth)
app.route('/', accessTokens)
app.route('/', organizations)
app.route('/', invitations)
app.route('/', preferences)
app.route('/', auditLog)
app.route('/', streams)
// Before the sockets of people: an agent's token is never a session's.
app.route('/', clusterAgent)
app.route('/', socket)
app.route('/', merges)
app.route('/', investigations)
app.route('/', suggestions)
app.route('/', llm)
app.route('/', evidence)
app.route('/', securityEvents)
app.route('/', toolPermissions)
app.route('/', commandPolicies)
app.route('/', approvals)
app.route('/', notifications)
app.route('/', postmortems)
app.route('/', feedback)
app.route('/', incidents)
app.route('/', alerts)
app.route('/', chatSessions)
app.route('/', chatMessages)
app.route('/', integrations)
app.route('/', deliveries)
app.route('/', correlation)
app.route('/', maintenanceWindows)
app.route('/', subscriptions)
app.route('/', webhooks)
app.route('/', webhookHandshake)
app.route('/', pagerdutyEvents)
app.route('/', alertmanagerApi)
app.route('/', opsgenieApi)
app.route('/', webhookUrls)
app.route('/', ingested)
app.route('/', changes)
// Before the family: AWS's connect looks at the organisation's workspaces.
app.route('/', connectorAwsRoles)
app.route('/', connectorAws)
app.route('/', connectorAwsAccounts)
app.route('/', connectorAwsTemplates)
app.route('/', connectors)
app.route('/', connectorViews)
app.route('/', connectorAliases)
app.route('/', connectorCi)
app.route('/', connectorCloudflare)
app.route('/', connectorGcp)
app.route('/', connectorGcpLogin)
app.route('/', connectorGcpProjects)
app.route('/', connectorAzure)
app.route('/', connectorGithub)
app.route('/', connectorGithubApp)
app.route('/', connectorGithubRepos)
app.route('/', connectorBitbucket)
app.route('/', connectorSlack)
app.route('/', connectorOvh)
app.route('/', connectorOvhProjects)
app.route('/', connectorNotion)
app.route('/', connectorAtlassian)
app.route('/', connectorConfluence)
app.route('/', connectorJira)
app.route('/', connectorSharepoint)
app.route('/', connectorGoogleChat)
app.route('/', slackEvents)
app.route('/', connectorBitbucketRepos)
app.route('/', connectorPagerduty)
app.route('/', connectorSentry)
app.route('/', connectorScaleway)
app.route('/', connectorGitlab)
app.route('/', connectorTailscale)
app.route('/', machines)
app.route('/', connectorKubectl)
app.route('/', connectorKubeconfig)
app.route('/', apiDocument(app))

app.notFound(unknownPath(app))
app.onError(renderError)
