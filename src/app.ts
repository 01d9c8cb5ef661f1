/** The one HTTP app: middleware in order, then the mounts. */
import { Hono } from 'hono'
import type { App } from './http/env'
import { renderError } from './http/errors'
import { cors } from './http/middleware/cors'
import { cost } from './http/middleware/cost'
import { requireSigningKey } from './http/middleware/identity'
import { requestId } from './http/middleware/request-id'
import { requestLog } from './http/middleware/request-log'
import { securityHeaders } from './http/middleware/security-headers'
import { sweeper } from './http/middleware/sweeper'
import { auth } from './http/routes/auth'
import { changes } from './http/routes/changes'
import { chatSessions } from './http/routes/chat-sessions'
import { debug } from './http/routes/debug'
import { health } from './http/routes/health'
import { incidents } from './http/routes/incidents'
import { integrations } from './http/routes/integrations'
import { streams } from './http/routes/streams'
import { webhooks } from './http/routes/webhooks'
import { unknownPath } from './http/unknown-path'

export const app = new Hono<App>({ strict: false })

app.use(requestId, cost, requestLog, securityHeaders, cors, sweeper)

app.route('/', health)

app.use(requireSigningKey)

app.route('/', auth)
app.route('/', streams)
app.route('/', incidents)
app.route('/', chatSessions)
app.route('/', integrations)
app.route('/', webhooks)
app.route('/', changes)
app.route('/', debug)

app.notFound(unknownPath(app))
app.onError(renderError)
