/** What people say about a channel, and the secrets that it makes. */
import * as z from 'zod'
import { readBaseUrl, refuseUrl, type Hosts } from '../../connectors/address'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { CHANNEL_KINDS } from '../../store/notification-channels'
import type { Access } from './access'
import { EVENTS, type ChannelKind } from './events'
import { GOOGLE_CHAT_HOSTS, SLACK_HOSTS } from './letter'
import type { configSchema } from './send'
import { isSecret, newSecret } from './sign'

const MOST_RECIPIENTS = 50
const ADDRESS = /^[^\s<>"@,;]+@[^\s<>"@,;]+\.[^\s<>"@,;]+$/
/** `name@example.com` or `Name <name@example.com>`. */
const SENDER = /^(?:[^\p{Cc}<>"@,;]{0,100}<[^\s<>"@,;]+@[^\s<>"@,;]+>|[^\s<>"@,;]+@[^\s<>"@,;]+)$/u

const fields = {
  name: text({ error: 'Invalid name', max: 100 }),
  enabled: optional(z.boolean({ error: 'Invalid enabled' })),
  events: optional(
    z
      .array(z.enum(EVENTS, { error: `Invalid events. Must be of: ${EVENTS.join(', ')}` }), {
        error: 'Invalid events',
      })
      .max(20, 'Invalid events')
      .transform((events) => [...new Set(events)]),
  ),
  url: optional(text({ error: 'Invalid url', max: 2000 })),
  secret: optional(
    text({ error: 'Invalid secret', max: 200 }).refine(
      isSecret,
      'Invalid secret. Must be whsec_ and base64 of 24 to 64 bytes',
    ),
  ),
  provider: optional(
    z.enum(['resend', 'postmark'], { error: 'Invalid provider. Must be one of: resend, postmark' }),
  ),
  endpoint: optional(text({ error: 'Invalid endpoint', max: 500 })),
  apiKey: optional(text({ error: 'Invalid apiKey', max: 500 })),
  from: optional(
    text({ error: 'Invalid from', max: 320 }).refine((value) => SENDER.test(value), 'Invalid from'),
  ),
  to: optional(
    z
      .array(
        text({ error: 'Invalid to', max: 320 }).refine((value) => ADDRESS.test(value), 'Invalid to'),
        { error: 'Invalid to' },
      )
      .max(MOST_RECIPIENTS, 'Invalid to'),
  ),
  members: optional(z.boolean({ error: 'Invalid members' })),
}

export const newChannel = z.object({
  kind: z.enum(CHANNEL_KINDS, { error: `Invalid kind. Must be one of: ${CHANNEL_KINDS.join(', ')}` }),
  ...fields,
})

export const channelPatch = z
  .object({ ...fields, name: optional(fields.name) })
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'No valid fields to update')
export type ChannelInput = z.output<typeof channelPatch>

type Config = z.infer<typeof configSchema>

const OF_MAIL = ['provider', 'endpoint', 'apiKey', 'from', 'to', 'members'] as const
const FOREIGN: Readonly<Record<ChannelKind, readonly (keyof ChannelInput)[]>> = {
  slack: ['secret', ...OF_MAIL],
  google_chat: ['secret', ...OF_MAIL],
  webhook: OF_MAIL,
  email: ['url', 'secret'],
}

/** A channel's secrets, and what may be shown of them, after these changes. @throws AppError validation_failed, egress_blocked */
export function accessAfter(
  kind: ChannelKind,
  input: ChannelInput,
  before: { readonly access: Access; readonly config: Config } | null,
  ownHosts: readonly string[],
): { readonly access: Access; readonly config: Config } {
  const foreign = FOREIGN[kind].find((name) => input[name] !== undefined)
  if (foreign !== undefined) throw invalid(`${foreign} does not belong to this kind of channel`)
  const old = before?.access
  if (kind === 'email') return mailAfter(input, before, ownHosts)
  const hosts = kind === 'slack' ? SLACK_HOSTS : kind === 'google_chat' ? GOOGLE_CHAT_HOSTS : 'self_hosted'
  const url =
    input.url === undefined
      ? old !== undefined && 'url' in old
        ? old.url
        : missing('url')
      : checkedUrl(input.url, hosts, ownHosts)
  const config = { host: new URL(url).host }
  if (kind !== 'webhook') return { access: { kind, url }, config }
  const kept = old?.kind === 'webhook' ? old : null
  const access: Access =
    input.secret === undefined
      ? { kind, url, secret: kept?.secret ?? newSecret(), previous: kept?.previous ?? null }
      : { kind, url, secret: input.secret, previous: null }
  return { access, config }
}

/** A key belongs to the place it was given for: with another provider or endpoint it is asked for again. */
function mailAfter(
  input: ChannelInput,
  before: { readonly access: Access; readonly config: Config } | null,
  ownHosts: readonly string[],
): { readonly access: Access; readonly config: Config } {
  const old = before?.access.kind === 'email' ? before.access : null
  const provider = input.provider ?? old?.provider ?? missing('provider')
  const endpoint =
    input.endpoint === undefined
      ? provider === old?.provider
        ? old.endpoint
        : null
      : checkedBase(input.endpoint, ownHosts)
  const samePlace = old !== null && old.provider === provider && old.endpoint === endpoint
  const apiKey = input.apiKey ?? (samePlace ? old.apiKey : missing('apiKey'))
  const from = input.from ?? before?.config.from ?? missing('from')
  const to = input.to ?? before?.config.to ?? []
  const members = input.members ?? before?.config.members ?? false
  if (to.length === 0 && !members) missing('to')
  const host = endpoint === null ? `${provider}.com` : new URL(endpoint).host
  return {
    access: { kind: 'email', provider, endpoint, apiKey },
    config: { host, provider, from, to: [...to], members },
  }
}

function checkedUrl(text: string, hosts: Hosts, ownHosts: readonly string[]): string {
  if (!URL.canParse(text)) throw invalid('Invalid url')
  const url = new URL(text)
  const refusal = refuseUrl(url, hosts, ownHosts)
  if (refusal !== null) throw new AppError('egress_blocked', refusal)
  url.hash = ''
  return url.href
}

function checkedBase(text: string, ownHosts: readonly string[]): string {
  const read = readBaseUrl(text, ownHosts)
  if (read.kind === 'ok') return read.value
  throw new AppError('egress_blocked', read.kind === 'blocked' ? read.text : 'Invalid endpoint')
}

const invalid = (message: string): AppError => new AppError('validation_failed', message)

function missing(field: string): never {
  throw invalid(`Missing ${field}`)
}
