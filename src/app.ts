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
import { accessTokens } from './http/routes/access-tokens'
import { alertmanagerApi } from './http/routes/alertmanager-api'
import { alerts } from './http/routes/alerts'
import { apiDocument } from './http/routes/api-document'
import { approvals } from './http/routes/approvals'
import { auditLog } from './http/routes/audit-log'
import { auth } from './http/routes/auth'
import { calibration } from './http/routes/calibration'
import { changes } from './http/routes/changes'
import { chatMessages } from './http/routes/chat-messages'
import { chatSessions } from './http/routes/chat-sessions'
import { clusterAgent } from './http/routes/cluster-agent'
import { commandPolicies } from './http/routes/command-policies'
import { connectorPaths } from './http/routes/connector-paths'
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
import { llm } from './http/routes/llm'
import { machines } from './http/routes/machines'
import { maintenanceWindows } from './http/routes/maintenance-windows'
import { merges } from './http/routes/merges'
import { notifications } from './http/routes/notifications'
import { opsgenieApi } from './http/routes/opsgenie-api'
import { organizations } from './http/routes/organizations'
import { pagerdutyEvents } from './http/routes/pagerduty-events'
import { postmortems } from './http/routes/postmortems'
import { preferences } from './http/routes/preferences'
import { securityEvents } from './http/routes/security-events'
import { slackEvents } from './http/routes/slack-events'
import { socket } from './http/routes/socket'
import { streams } from './http/routes/streams'
import { subscriptions } from './http/routes/subscriptions'
import { suggestions } from './http/routes/suggestions'
import { toolPermissions } from './http/routes/tool-permissions'
import { webhookHandshake } from './http/routes/webhook-handshake'
import { webhookUrls } from './http/routes/webhook-urls'
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
app.route('/', calibration)
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
app.route('/', connectorPaths)
app.route('/', slackEvents)
app.route('/', machines)
app.route('/', apiDocument(app))

app.notFound(unknownPath(app))
app.onError(renderError)
