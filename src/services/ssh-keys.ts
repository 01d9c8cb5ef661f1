/** Key pairs for machines of the organisation's. The private half is sealed and never given out. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { newId } from '../lib/ids'
import { seal } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import { newKeyPair } from '../lib/ssh'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/machines'
import { requireRole, type Ctx } from './context'

export const keyInput = z.object({ label: text({ error: 'label is required', max: 100 }) })

const unknown = () => notFound('SSH key not found')
const taken = () => new AppError('already_exists', 'An SSH key of this label exists already')

/** What a private half is bound to. */
export const privateKeyPlace = ({ orgId, id }: { readonly orgId: string; readonly id: string }): string =>
  `${orgId}|ssh|${id}|ssh_private_key|1`

export const listSshKeys = async (ctx: Ctx): Promise<readonly store.SshKeyRow[]> => store.keys(ctx.db)

/** @throws AppError not_found */
export async function readSshKey(ctx: Ctx, id: string): Promise<store.SshKeyRow> {
  const [row] = await store.keyById(ctx.db, id)
  if (row === undefined) throw unknown()
  return row
}

/** @throws AppError forbidden, already_exists, and what `masters` throws */
export async function createSshKey(
  ctx: Ctx,
  masters: () => Promise<Masters>,
  { label }: z.output<typeof keyInput>,
): Promise<store.SshKeyRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const id = newId(now)
  const place = privateKeyPlace({ orgId: actor.orgId, id })
  const { publicKey, privateKey } = await newKeyPair()
  const row = {
    id,
    userId: actor.userId,
    label,
    publicKey,
    privateKeySealed: await seal(await masters(), place, privateKey),
    createdAt: now,
  }
  try {
    await db.commit([store.insertKey(db, row), recorded(ctx, 'ssh_key.create', id)])
  } catch (error) {
    if (isUniqueViolation(error)) throw taken()
    throw error
  }
  return { ...row, orgId: actor.orgId }
}

/** @throws AppError forbidden, not_found, already_exists */
export async function renameSshKey(
  ctx: Ctx,
  id: string,
  { label }: z.output<typeof keyInput>,
): Promise<store.SshKeyRow> {
  requireRole(ctx, 'editor')
  await changed(ctx, [
    store.renameKey(ctx.db, id, label),
    ctx.db.ensureChanged(),
    recorded(ctx, 'ssh_key.rename', id),
  ])
  return readSshKey(ctx, id)
}

/** @throws AppError forbidden, not_found */
export async function deleteSshKey(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  await changed(ctx, [
    ...store.removeKey(ctx.db, id),
    ctx.db.ensureChanged(),
    recorded(ctx, 'ssh_key.delete', id),
  ])
}

async function changed(ctx: Ctx, statements: Parameters<Ctx['db']['commit']>[0]): Promise<void> {
  try {
    await ctx.db.commit(statements)
  } catch (error) {
    if (isGuardFailure(error)) throw unknown()
    if (isUniqueViolation(error)) throw taken()
    throw error
  }
}

const recorded = ({ db, actor, now }: Ctx, event: string, subject: string) =>
  audit(db, { event, actor: actor.userId, subject, at: now })
