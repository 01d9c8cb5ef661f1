/** Slack's channels, the one for incidents, and what Slack itself tells us. */
import * as z from 'zod'
import { slack } from '../../connectors/slack'
import { allChannels, createChannel, joinChannel, type Channel } from '../../connectors/slack/channels'
import { ok } from '../../connectors/outcome'
import { derivedId } from '../../lib/derived-id'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { bytesFromHex, hmacSha256Matches, joinBytes, utf8 } from '../../lib/hmac'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { askAccount } from './ask-account'
import { MENTION, REVALIDATE } from './core-jobs'
import { startJob } from './start-job'
import type { Ports } from './ports'

/** @throws AppError not_connected, vendor refusals */
export const listChannels = (ctx: Ctx, ports: Ports): Promise<readonly Channel[]> =>
  askAccount(ctx, ports, slack, 'uniform', (vendor, access) => allChannels(vendor, access))

const NEEDED = 'channel_id or name is required'
export const incidentsChannelInput = z
  .object({
    channel_id: optional(text({ error: 'Invalid channel_id', max: 40 })),
    name: optional(text({ error: 'Invalid name', max: 81 })),
  })
  .refine((it) => it.channel_id !== undefined || it.name !== undefined, NEEDED)
  .refine(
    (it) => it.name === undefined || /^#?[a-z0-9_-]{1,80}$/.test(it.name),
    'name must be lower-case letters, digits, hyphens and underscores',
  )

type Chosen = Pick<Channel, 'id' | 'name'>

/**
 * Joins the channel, or creates the one that is named, and remembers it.
 * @throws AppError validation_failed where Slack refuses the channel, not_connected, vendor refusals
 */
export async function chooseIncidentsChannel(
  ctx: Ctx,
  ports: Ports,
  { channel_id, name }: z.output<typeof incidentsChannelInput>,
): Promise<Chosen> {
  requireRole(ctx, 'editor')
  const { row, channel } = await askAccount(ctx, ports, slack, 'uniform', async (vendor, access, row) => {
    const answer =
      channel_id === undefined
        ? await createChannel(vendor, access, (name ?? '').replace(/^#/, ''))
        : await joinChannel(vendor, access, channel_id)
    if (answer.kind === 'refused') throw new AppError('validation_failed', REFUSED[answer.code] ?? REFUSES)
    return answer.kind === 'ok' ? ok({ row, channel: answer.value.channel }) : answer
  })
  await remember(ctx, row, channel)
  return channel
}

const REFUSES = 'Slack does not accept this channel'
const REFUSED: Readonly<Record<string, string>> = {
  name_taken: 'A channel of this name exists already',
  channel_not_found: 'Channel not found',
  is_archived: 'The channel is archived',
  method_not_supported_for_channel_type: 'The bot cannot join a private channel by itself',
}

const remember = (ctx: Ctx, row: ConnectionRow, { id, name }: Chosen): Promise<void> =>
  ctx.db.commit([
    store.removeSelections(ctx.db, [row.id]),
    ...store.insertSelections(ctx.db, [
      {
        connectionId: row.id,
        resourceId: id,
        resourceName: name,
        resourceType: 'channel',
        enabled: true,
        isRoot: true,
      },
    ]),
    audit(ctx.db, {
      event: 'connector.selection',
      actor: ctx.actor.userId,
      subject: row.id,
      after: { provider: slack.id, incidents_channel: id },
      at: ctx.now,
    }),
  ])

/** The name of the incidents channel of a connection; null when none was chosen. */
export async function incidentsChannelName(ctx: Ctx, connectionId: string): Promise<string | null> {
  const chosen = await store.selectionsOf(ctx.db, [connectionId])
  const root = chosen.find(({ isRoot }) => isRoot)
  return root === undefined ? null : (root.resourceName ?? root.resourceId)
}

const WINDOW_SECONDS = 300

export interface SlackRequest {
  readonly bytes: Uint8Array
  readonly timestamp: string
  readonly signature: string
  readonly now: number
}

/** @throws AppError provider_not_configured without a signing secret, invalid_token for a request that Slack did not sign just now */
export async function checkSlackSignature(ports: Ports, it: SlackRequest): Promise<void> {
  const key = ports.setting('SLACK_SIGNING_SECRET')
  if (key === null)
    throw new AppError('provider_not_configured', 'Slack is not configured on this deployment')
  const seconds = /^\d{1,12}$/.test(it.timestamp) ? Number(it.timestamp) : 0
  const signature = it.signature.startsWith('v0=') ? bytesFromHex(it.signature.slice(3)) : null
  const signed = joinBytes(utf8(`v0:${it.timestamp}:`), it.bytes)
  const isRecent = Math.abs(it.now / 1000 - seconds) <= WINDOW_SECONDS
  if (!isRecent || signature === null || !(await hmacSha256Matches(key, signature, signed)))
    throw new AppError('invalid_token', 'Invalid signature')
}

const event = z.object({
  type: z.string(),
  challenge: z.string().max(1000).optional(),
  team_id: z.string().max(40).optional(),
  event_id: z.string().max(100).optional(),
  event: z.looseObject({ type: z.string() }).optional(),
})

/** Somebody who speaks to the bot. Messages of bots, ours among them, are no questions. */
const mention = z.object({
  type: z.literal('app_mention'),
  text: z.string().max(40_000),
  channel: z.string().max(40),
  ts: z.string().max(40),
  thread_ts: z.string().max(40).optional(),
  bot_id: z.undefined().optional(),
})

/** Events after which the stored token may be dead. */
const ENDINGS = new Set(['tokens_revoked', 'app_uninstalled'])

/**
 * What Slack tells the app, already verified. A challenge is answered; the end of a token is checked with Slack in the
 * background, since no event may end a connection by itself.
 * @returns the challenge, or null
 */
export async function takeSlackEvent(ports: Ports, body: unknown, now: number): Promise<string | null> {
  const told = event.safeParse(body)
  if (!told.success) throw new AppError('validation_failed', 'Invalid event')
  const { type, challenge, team_id, event_id, event: inner } = told.data
  if (type === 'url_verification') return challenge ?? ''
  if (team_id === undefined || inner === undefined) return null
  const spoken = mention.safeParse(inner)
  if (spoken.success && event_id !== undefined) {
    const { text, channel, ts, thread_ts = ts } = spoken.data
    await startMention(ports, { team: team_id, once: event_id, channel, thread: thread_ts, text }, now)
    return null
  }
  if (!ENDINGS.has(inner.type)) return null
  for (const row of await ports.connectionsOf(slack.id, team_id))
    await startJob(ports.tenant(row.orgId), ports, row, REVALIDATE, { userId: row.userId, now })
  return null
}

/** What the app calls its message shortcut and its buttons: both ask the analyst. */
const ASK = 'ask_aurora'

const place = z.object({ id: z.string().max(40) })
const message = z.object({
  ts: z.string().max(40),
  thread_ts: z.string().max(40).optional(),
  text: z.string().max(40_000).default(''),
})
const interaction = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message_action'),
    callback_id: z.literal(ASK),
    trigger_id: z.string().max(200),
    team: place,
    channel: place,
    message,
  }),
  z.object({
    type: z.literal('block_actions'),
    trigger_id: z.string().max(200),
    team: place,
    channel: place,
    message,
    actions: z.tuple([z.object({ action_id: z.literal(ASK), value: z.string().max(2000) })]),
  }),
])

/** A shortcut or button of the app, already verified. Those that are not ours are acknowledged and nothing more. */
export async function takeSlackInteraction(ports: Ports, body: unknown, now: number): Promise<void> {
  const told = interaction.safeParse(body)
  if (!told.success) return
  const { data } = told
  const text = data.type === 'message_action' ? data.message.text : data.actions[0].value
  const thread = data.message.thread_ts ?? data.message.ts
  const asked = { team: data.team.id, once: data.trigger_id, channel: data.channel.id, thread, text }
  await startMention(ports, asked, now)
}

interface Asked {
  readonly team: string
  /** Slack's own name of this event: it tells an event again when our answer was late. */
  readonly once: string
  readonly channel: string
  readonly thread: string
  readonly text: string
}

/** A workspace that several organisations have connected is answered by the one that did so first. */
async function startMention(ports: Ports, { team, once, ...input }: Asked, now: number): Promise<void> {
  const [row] = (await ports.connectionsOf(slack.id, team)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (row === undefined) return
  const id = await derivedId(`slack|${team}|${once}`)
  await startJob(ports.tenant(row.orgId), ports, row, MENTION, { userId: row.userId, now, input, id })
}
