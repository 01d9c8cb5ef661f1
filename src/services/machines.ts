/** Machines that people wrote down. From here only their SSH server's first words can be read: there is no SSH client. */
import * as z from 'zod'
import { isPublicAddress } from '../connectors/address'
import { AppError, notFound } from '../lib/errors'
import { optional, text, uuid } from '../lib/fields'
import { newId } from '../lib/ids'
import { bannerIn } from '../lib/ssh'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/machines'
import { requireRole, type Ctx } from './context'

const address = text({ error: 'ipAddress is required', max: 64 })
const port = z.int({ error: 'Invalid port' }).min(1, 'Invalid port').max(65_535, 'Invalid port')
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/

const fields = {
  ipAddress: address.refine(isPublicAddress, 'ipAddress must be a public IP address'),
  port: optional(port),
  sshUsername: optional(
    text({ error: 'Invalid sshUsername', max: 32 }).refine((it) => USER.test(it), 'Invalid sshUsername'),
  ),
  sshKeyId: optional(uuid('Invalid sshKeyId')),
}
export const machineInput = z.object({ name: text({ error: 'name is required', max: 100 }), ...fields })
export const machinePatch = machineInput.partial()

const unknown = () => notFound('VM not found')

export const listMachines = async (ctx: Ctx): Promise<readonly store.MachineRow[]> => store.machines(ctx.db)

/** @throws AppError forbidden, not_found for a key of nobody's, already_exists */
export async function createMachine(
  ctx: Ctx,
  { name, ipAddress, port = 22, sshUsername, sshKeyId }: z.output<typeof machineInput>,
): Promise<store.MachineRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  await checkKey(ctx, sshKeyId)
  const row = {
    id: newId(now),
    userId: actor.userId,
    name,
    ipAddress,
    port,
    sshUsername: sshUsername ?? null,
    sshKeyId: sshKeyId ?? null,
    reachableAt: null,
    createdAt: now,
    updatedAt: now,
  }
  await written(ctx, [store.insertMachine(db, row), recorded(ctx, 'vm.create', row.id)])
  return { ...row, orgId: actor.orgId }
}

/** @throws AppError forbidden, not_found, already_exists */
export async function changeMachine(
  ctx: Ctx,
  id: string,
  { name, ipAddress, port, sshUsername, sshKeyId }: z.output<typeof machinePatch>,
): Promise<store.MachineRow> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const known = await readMachine(ctx, id)
  await checkKey(ctx, sshKeyId)
  const moved = (ipAddress ?? known.ipAddress) !== known.ipAddress || (port ?? known.port) !== known.port
  await written(ctx, [
    store.changeMachine(db, id, {
      ...(name === undefined ? {} : { name }),
      ...(ipAddress === undefined ? {} : { ipAddress }),
      ...(port === undefined ? {} : { port }),
      ...(sshUsername === undefined ? {} : { sshUsername }),
      ...(sshKeyId === undefined ? {} : { sshKeyId }),
      ...(moved ? { reachableAt: null } : {}),
      updatedAt: now,
    }),
    db.ensureChanged(),
    recorded(ctx, 'vm.change', id),
  ])
  return readMachine(ctx, id)
}

/** @throws AppError forbidden, not_found */
export async function deleteMachine(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  await written(ctx, [
    store.removeMachine(ctx.db, id),
    ctx.db.ensureChanged(),
    recorded(ctx, 'vm.delete', id),
  ])
}

async function readMachine(ctx: Ctx, id: string): Promise<store.MachineRow> {
  const [row] = await store.machineById(ctx.db, id)
  if (row === undefined) throw unknown()
  return row
}

async function checkKey(ctx: Ctx, id: string | undefined): Promise<void> {
  if (id === undefined) return
  const [key] = await store.keyById(ctx.db, id)
  if (key === undefined) throw notFound('SSH key not found')
}

async function written(ctx: Ctx, statements: Parameters<Ctx['db']['commit']>[0]): Promise<void> {
  try {
    await ctx.db.commit(statements)
  } catch (error) {
    if (isGuardFailure(error)) throw unknown()
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'A VM of this name exists already')
    throw error
  }
}

const recorded = ({ db, actor, now }: Ctx, event: string, subject: string) =>
  audit(db, { event, actor: actor.userId, subject, at: now })

const ONE_OF = 'vmId or ipAddress is required'
export const checkInput = z
  .object({
    vmId: optional(uuid('Invalid vmId')),
    ipAddress: optional(fields.ipAddress),
    port: optional(port),
  })
  .refine(({ vmId, ipAddress }) => vmId !== undefined || ipAddress !== undefined, ONE_OF)

/** What a server says first on a new connection; null when none can be made, or nothing is said, in time. */
export type ReadGreeting = (address: string, port: number) => Promise<string | null>

export interface Reachability {
  readonly reachable: boolean
  readonly banner: string | null
  readonly message: string
}

/**
 * Connects and reads what an SSH server says before anybody logs in. Nothing is sent and nobody is authenticated.
 * @throws AppError forbidden, not_found
 */
export async function checkMachine(
  ctx: Ctx,
  { vmId, ipAddress, port }: z.output<typeof checkInput>,
  greet: ReadGreeting,
): Promise<Reachability> {
  requireRole(ctx, 'editor')
  const known = vmId === undefined ? null : await readMachine(ctx, vmId)
  const target = known?.ipAddress ?? ipAddress ?? ''
  if (!isPublicAddress(target)) throw new AppError('egress_blocked', 'ipAddress must be a public IP address')
  const said = await greet(target, known?.port ?? port ?? 22)
  const banner = said === null ? null : bannerIn(said)
  if (known !== null && banner !== null) await store.changeMachine(ctx.db, known.id, { reachableAt: ctx.now })
  return { reachable: said !== null, banner, message: messageOf(said, banner) }
}

const messageOf = (said: string | null, banner: string | null): string => {
  if (said === null) return 'Nothing answered there within five seconds'
  return banner === null
    ? 'Something answers there, but not an SSH server'
    : 'The SSH server answers. Whether a key is accepted cannot be tried from here.'
}
