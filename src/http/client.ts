/** The API as a type, for clients in TypeScript: `hc<Api>('https://aurora.example.com')` of `hono/client`. */
import type { accessTokens } from './routes/access-tokens'
import type { alerts } from './routes/alerts'
import type { auditLog } from './routes/audit-log'
import type { auth } from './routes/auth'
import type { changes } from './routes/changes'
import type { chatMessages } from './routes/chat-messages'
import type { chatSessions } from './routes/chat-sessions'
import type { connectors } from './routes/connectors'
import type { deliveries } from './routes/deliveries'
import type { feedback } from './routes/feedback'
import type { incidents } from './routes/incidents'
import type { integrations } from './routes/integrations'
import type { investigations } from './routes/investigations'
import type { invitations } from './routes/invitations'
import type { merges } from './routes/merges'
import type { organizations } from './routes/organizations'
import type { postmortems } from './routes/postmortems'
import type { preferences } from './routes/preferences'
import type { streams } from './routes/streams'
import type { subscriptions } from './routes/subscriptions'
import type { suggestions } from './routes/suggestions'

/**
 * Every resource with its bodies and answers. A union, not one chained app: the client joins the parts, and the type
 * checker looks at each route file by itself, which is what keeps it fast.
 */
export type Api =
  | typeof accessTokens
  | typeof alerts
  | typeof auditLog
  | typeof auth
  | typeof changes
  | typeof chatMessages
  | typeof chatSessions
  | typeof connectors
  | typeof deliveries
  | typeof feedback
  | typeof incidents
  | typeof integrations
  | typeof investigations
  | typeof invitations
  | typeof merges
  | typeof organizations
  | typeof postmortems
  | typeof preferences
  | typeof streams
  | typeof subscriptions
  | typeof suggestions
