/** The connect form: an Opsgenie API key, or e-mail and API token for the operations of Jira Service Management. */
import * as z from 'zod'
import { optional, text } from '../../lib/fields'
import type { Candidate } from '../proof'
import { alsoNamed } from '../form'
import { ok, type Outcome } from '../outcome'
import type { Settings } from './details'

const KEY = 'OpsGenie API key is required'
const JSM = 'Email, API token, and site URL are required for JSM Operations'
const REGION = "Region must be 'us' or 'eu'"

export const secret = z.discriminatedUnion('authType', [
  z.object({ authType: z.literal('api_key'), apiKey: z.string() }),
  z.object({ authType: z.literal('jsm_basic'), email: z.string(), apiToken: z.string() }),
])
export type Secret = z.infer<typeof secret>

export const form = alsoNamed(
  { api_key: 'apiKey', auth_type: 'authType', api_token: 'apiToken', site_url: 'siteUrl' },
  z
    .object({
      authType: optional(z.enum(['api_key', 'jsm'], { error: 'authType must be one of: api_key, jsm' })),
      apiKey: optional(text({ error: KEY, max: 200 })),
      region: optional(z.enum(['us', 'eu'], { error: REGION })),
      email: optional(text({ error: JSM, max: 320 })),
      apiToken: optional(text({ error: JSM, max: 500 })),
      siteUrl: optional(text({ error: JSM, max: 300 })),
    })
    .superRefine(({ authType, apiKey, email, apiToken, siteUrl }, context) => {
      const missing = (path: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [path], message })
      if (authType !== 'jsm') {
        if (apiKey === undefined) missing('apiKey', KEY)
        return
      }
      for (const [name, value] of Object.entries({ email, apiToken, siteUrl }))
        if (value === undefined) missing(name, JSM)
    }),
)

/** The credential of a checked form. */
export function readForm({
  authType,
  apiKey = '',
  region = 'us',
  email = '',
  apiToken = '',
  siteUrl = '',
}: z.output<typeof form>): Outcome<Candidate<Secret, Settings>> {
  if (authType !== 'jsm')
    return ok({ secret: { authType: 'api_key', apiKey }, settings: { authType: 'api_key', region } })
  const site = siteOf(siteUrl)
  if (site === null) return { kind: 'blocked', text: 'The site URL must be https on *.atlassian.net' }
  return ok({
    secret: { authType: 'jsm_basic', email, apiToken },
    settings: { authType: 'jsm_basic', siteUrl: site },
  })
}

/** The site's origin; null for anything but https on `*.atlassian.net`. */
function siteOf(typed: string): string | null {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`
  if (!URL.canParse(written)) return null
  const url = new URL(written)
  const right = url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === ''
  return right && /^[a-z0-9-]+\.atlassian\.net$/.test(url.hostname) ? url.origin : null
}
