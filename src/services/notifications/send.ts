/** One try to reach a channel: what it came to, as a value. */
import * as z from 'zod'
import { guardedFetch, type VendorAnswer } from '../../connectors/egress'
import type { Outcome } from '../../connectors/outcome'
import { membersWhoWant } from '../../store/notifications'
import type { TenantDb } from '../../store/tenant-db'
import { ownHosts, type Ports } from '../connectors/ports'
import { openAccess } from './access'
import { letterOf } from './letter'
import { messageOf, type Told } from './message'

export type Sent =
  | { readonly kind: 'sent'; readonly status: number | null; readonly note: string | null }
  /** Worth another try, not before so many seconds where the receiver said so. */
  | {
      readonly kind: 'later'
      readonly status: number | null
      readonly error: string
      readonly afterSeconds: number
    }
  /** Another try would end the same. */
  | { readonly kind: 'refused'; readonly status: number | null; readonly error: string }

interface Receiver {
  readonly id: string
  readonly orgId: string
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly sealed: string | null
}

/** What a channel shows of itself; all but the host is an e-mail channel's. */
export const configSchema = z.object({
  host: z.string(),
  provider: z.enum(['resend', 'postmark']).optional(),
  from: z.string().optional(),
  to: z.array(z.string()).optional(),
  /** Whether members who asked for e-mails get them here. */
  members: z.boolean().optional(),
})

const SEND_MS = 20_000
const CALL_MS = 15_000
const MOST_RECIPIENTS = 50

/** Never throws for anything that a receiver does. @throws what the database or the operator's keys throw */
export async function sendTo(
  db: TenantDb,
  ports: Ports,
  channel: Receiver,
  told: Told,
  now: number,
): Promise<Sent> {
  const access = await openAccess(await ports.masters(), channel)
  if (access === null)
    return { kind: 'later', status: null, error: 'The credentials cannot be opened', afterSeconds: 0 }
  const config = configSchema.parse(channel.config)
  const to = access.kind === 'email' ? await recipients(db, config, told.event) : []
  if (access.kind === 'email' && to.length === 0) return { kind: 'sent', status: null, note: 'No recipient' }
  const message = messageOf(told, ports.frontendBase)
  const letter = await letterOf(access, message, now, { from: config.from ?? '', to })
  const send = guardedFetch({
    hosts: letter.hosts,
    ownHosts: ownHosts(ports),
    signal: AbortSignal.timeout(SEND_MS),
    callMs: CALL_MS,
    ...(ports.http === undefined ? {} : { http: ports.http }),
  })
  return judge(await send(letter.url, letter.init))
}

const PREFERENCES: Readonly<Record<string, readonly string[]>> = {
  'investigation.started': ['rca_email_notifications', 'rca_email_start_notifications'],
  'investigation.completed': ['rca_email_notifications'],
}

async function recipients(
  db: TenantDb,
  { to = [], members = false }: z.infer<typeof configSchema>,
  event: string,
): Promise<readonly string[]> {
  const wanted = PREFERENCES[event]
  const asked = members && wanted !== undefined ? await membersWhoWant(db, wanted, MOST_RECIPIENTS) : []
  return [...new Set([...to, ...asked])].slice(0, MOST_RECIPIENTS)
}

/** Our own words: what a receiver answers is kept out of lists and logs. */
function judge(answer: Outcome<VendorAnswer>): Sent {
  const later = (error: string, afterSeconds = 0, status: number | null = null): Sent => ({
    kind: 'later',
    status,
    error,
    afterSeconds,
  })
  switch (answer.kind) {
    case 'ok': {
      const { status } = answer.value
      if (status >= 200 && status < 300) return { kind: 'sent', status, note: null }
      return status === 408
        ? later('The receiver answered 408', 0, status)
        : { kind: 'refused', status, error: `The receiver answered ${status}` }
    }
    case 'rate_limited':
      return later('The receiver answered 429', answer.retryAfterSeconds, 429)
    case 'blocked':
      return { kind: 'refused', status: null, error: answer.text }
    case 'unreachable':
      return later('The receiver did not answer')
    default:
      return later('The receiver failed')
  }
}
