/** Channels: made, shown without their secrets, changed, tried, removed. */
import type * as z from 'zod'
import { AppError, notFound } from '../../lib/errors'
import { newId } from '../../lib/ids'
import { DAY } from '../../lib/time'
import { audit } from '../../store/audit'
import { isGuardFailure, isUniqueViolation, type Statement } from '../../store/db'
import * as store from '../../store/notification-channels'
import { ownHosts, type Ports } from '../connectors/ports'
import { requireRole, type Ctx } from '../context'
import { openAccess, sealAccess, type Access } from './access'
import { accessAfter, type ChannelInput, type newChannel } from './channel-input'
import { DEFAULT_EVENTS } from './events'
import { configSchema, sendTo, type Sent } from './send'
import { newSecret } from './sign'

export type { ChannelRow } from '../../store/notification-channels'

const MOST = 50
/** For so long the secret before a rotation signs as well. */
const ROTATION = DAY

export const listChannels = (ctx: Ctx) => store.allChannels(ctx.db)

/** @throws AppError not_found */
export async function readChannel({ db }: Ctx, id: string): Promise<store.ChannelRow> {
  const [channel] = await store.channelById(db, id)
  if (channel === undefined) throw notFound('Notification channel not found')
  return channel
}

interface Made {
  readonly channel: store.ChannelRow
  /** What a webhook's receiver checks signatures with: shown when it is made, and never again. */
  readonly secret: string | null
}

/** @throws AppError forbidden, validation_failed, egress_blocked, already_exists, conflict, provider_not_configured */
export async function createChannel(
  ctx: Ctx,
  ports: Ports,
  input: z.output<typeof newChannel>,
): Promise<Made> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const { kind } = input
  const { access, config } = accessAfter(kind, input, null, ownHosts(ports))
  const id = newId(now)
  const channel: store.ChannelRow = {
    id,
    orgId: db.orgId,
    kind,
    name: input.name,
    enabled: input.enabled ?? true,
    events: input.events ?? DEFAULT_EVENTS[kind],
    config,
    sealed: await sealAccess(await ports.masters(), { id, orgId: db.orgId }, access),
    createdBy: actor.userId,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  }
  await commit(
    ctx,
    [...store.insertChannel(db, channel, MOST), recorded(ctx, 'notification_channel.create', channel)],
    'Too many notification channels',
  )
  return { channel, secret: access.kind === 'webhook' && input.secret === undefined ? access.secret : null }
}

/** @throws AppError forbidden, not_found, validation_failed, egress_blocked, already_exists, conflict, provider_not_configured */
export async function updateChannel(
  ctx: Ctx,
  ports: Ports,
  id: string,
  patch: ChannelInput,
): Promise<store.ChannelRow> {
  requireRole(ctx, 'admin')
  const before = await readChannel(ctx, id)
  const { name = before.name, enabled = before.enabled, events = before.events, ...rest } = patch
  const renewed = Object.values(rest).some((value) => value !== undefined)
    ? await renewedAccess(ctx, ports, before, patch)
    : { config: before.config, sealed: before.sealed }
  const after = { ...before, name, enabled, events, ...renewed, updatedAt: versionAfter(ctx, before) }
  const { sealed, config, updatedAt } = after
  await commit(ctx, [
    store.changeChannel(ctx.db, before, { name, enabled, events, config, sealed, updatedAt }),
    ctx.db.ensureChanged(),
    ...(enabled ? [] : [store.giveUpWaiting(ctx.db, id, 'The channel was switched off', ctx.now)]),
    recorded(ctx, 'notification_channel.update', after, before),
  ])
  return after
}

async function renewedAccess(ctx: Ctx, ports: Ports, before: store.ChannelRow, patch: ChannelInput) {
  const masters = await ports.masters()
  const access = await accessOf(ports, before)
  const config = configSchema.parse(before.config)
  const after = accessAfter(before.kind, patch, { access, config }, ownHosts(ports))
  return { config: after.config, sealed: await sealAccess(masters, before, after.access) }
}

async function accessOf(ports: Ports, channel: store.ChannelRow): Promise<Access> {
  const access = await openAccess(await ports.masters(), channel)
  if (access !== null) return access
  throw new AppError(
    'conflict',
    'The credentials of this channel cannot be opened; remove it and make it again',
  )
}

/** Removes a channel with its secrets; what still waits is given up. @throws AppError forbidden, not_found, conflict */
export async function deleteChannel(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'admin')
  const { db, now } = ctx
  const before = await readChannel(ctx, id)
  const updatedAt = versionAfter(ctx, before)
  await commit(ctx, [
    store.changeChannel(db, before, { sealed: null, enabled: false, deletedAt: now, updatedAt }),
    db.ensureChanged(),
    store.giveUpWaiting(db, id, 'The channel was removed', now),
    recorded(ctx, 'notification_channel.delete', null, before),
  ])
}

interface Rotated {
  readonly secret: string
  /** Until when the former secret signs as well, ms. */
  readonly previousUntil: number
}

/** A new secret for a webhook; for a day both sign. @throws AppError forbidden, not_found, invalid_state, conflict */
export async function rotateSecret(ctx: Ctx, ports: Ports, id: string): Promise<Rotated> {
  requireRole(ctx, 'admin')
  const before = await readChannel(ctx, id)
  if (before.kind !== 'webhook') throw new AppError('invalid_state', 'This channel signs nothing')
  const access = await accessOf(ports, before)
  if (access.kind !== 'webhook') throw new AppError('invalid_state', 'This channel signs nothing')
  const until = ctx.now + ROTATION
  const secret = newSecret()
  const renewed: Access = { ...access, secret, previous: { secret: access.secret, until } }
  const sealed = await sealAccess(await ports.masters(), before, renewed)
  await commit(ctx, [
    store.changeChannel(ctx.db, before, { sealed, updatedAt: versionAfter(ctx, before) }),
    ctx.db.ensureChanged(),
    recorded(ctx, 'notification_channel.rotate_secret', before),
  ])
  return { secret, previousUntil: until }
}

/** Sends a message that says it is a test, at once and once. @throws AppError forbidden, not_found, provider_not_configured */
export async function testChannel(ctx: Ctx, ports: Ports, id: string): Promise<Sent> {
  requireRole(ctx, 'admin')
  const { db, now } = ctx
  const channel = await readChannel(ctx, id)
  await db.commit([recorded(ctx, 'notification_channel.test', channel)])
  const told = {
    id: newId(now),
    event: 'notification.test',
    incidentId: null,
    runId: null,
    payload: {},
    createdAt: now,
  }
  return sendTo(db, ports, channel, told, now)
}

/** The time is the channel's version: it moves with every change. */
const versionAfter = ({ now }: Ctx, { updatedAt }: store.ChannelRow): number => Math.max(now, updatedAt + 1)

const CHANGED = 'Notification channel was changed by another writer'

async function commit({ db }: Ctx, statements: readonly Statement[], refusal = CHANGED): Promise<void> {
  try {
    await db.commit(statements)
  } catch (error) {
    if (isUniqueViolation(error))
      throw new AppError('already_exists', 'A notification channel with this name exists')
    throw isGuardFailure(error) ? new AppError('conflict', refusal) : error
  }
}

/** What the log may know: no address, no key. */
const shown = ({ kind, name, enabled, events, config }: store.ChannelRow) => ({
  kind,
  name,
  enabled,
  events,
  host: configSchema.parse(config).host,
})

const recorded = (
  { db, actor, now }: Ctx,
  event: string,
  after: store.ChannelRow | null,
  before: store.ChannelRow | null = null,
): Statement =>
  audit(db, {
    event,
    actor: actor.userId,
    subject: (after ?? before)?.id ?? null,
    before: before === null ? null : shown(before),
    after: after === null ? null : shown(after),
    at: now,
  })
