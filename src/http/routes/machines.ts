/** Machines that people wrote down, and the key pairs for them. */
import { Hono } from 'hono'
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import * as vms from '../../services/machines'
import * as keys from '../../services/ssh-keys'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'
import { mastersOf } from '../masters'
import { readGreeting } from '../middleware/tenant'

const VM = { id: { error: 'VM not found', code: 'not_found' } } as const
const KEY = { id: { error: 'SSH key not found', code: 'not_found' } } as const
const reading = { who: 'viewer', bucket: 'default' } as const
const writing = { who: 'editor', bucket: 'default', maxBodyBytes: SMALL } as const

const vm = z.object({
  id: z.uuid(),
  name: z.string(),
  ipAddress: z.string(),
  port: z.int(),
  sshUsername: z.string().nullable(),
  sshKeyId: z.uuid().nullable(),
  reachableAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})

const showVm = (row: Awaited<ReturnType<typeof vms.createMachine>>): z.infer<typeof vm> => ({
  id: row.id,
  name: row.name,
  ipAddress: row.ipAddress,
  port: row.port,
  sshUsername: row.sshUsername,
  sshKeyId: row.sshKeyId,
  reachableAt: isoOrNull(row.reachableAt),
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

const key = z.object({
  id: z.uuid(),
  label: z.string(),
  publicKey: z.string(),
  createdAt: z.iso.datetime(),
})

const showKey = (row: Awaited<ReturnType<typeof keys.readSshKey>>): z.infer<typeof key> => ({
  id: row.id,
  label: row.label,
  publicKey: row.publicKey,
  createdAt: iso(row.createdAt),
})

const deleted = z.object({ deleted: z.literal(true) })

export const machines = new Hono<App>()
  .get(
    '/api/vms/manual',
    endpoint({ ...reading, summary: 'Machines', answers: { 200: z.object({ vms: z.array(vm) }) } }),
    async (c) => c.json({ vms: (await vms.listMachines(c.var.ctx)).map(showVm) }),
  )
  .post(
    '/api/vms/manual',
    endpoint({
      ...writing,
      summary: 'Write down a machine',
      answers: { 201: vm },
      errors: ['validation_failed', 'not_found', 'already_exists'],
    }),
    body(vms.machineInput),
    async (c) => c.json(showVm(await vms.createMachine(c.var.ctx, c.req.valid('json'))), 201),
  )
  .put(
    '/api/vms/manual/:id',
    endpoint({
      ...writing,
      ids: VM,
      summary: 'Change a machine',
      answers: { 200: vm },
      errors: ['validation_failed', 'not_found', 'already_exists'],
    }),
    body(vms.machinePatch),
    async (c) => c.json(showVm(await vms.changeMachine(c.var.ctx, idOf(c, 'id'), c.req.valid('json')))),
  )
  .delete(
    '/api/vms/manual/:id',
    endpoint({
      ...writing,
      ids: VM,
      summary: 'Forget a machine',
      answers: { 200: deleted },
      errors: ['not_found'],
    }),
    async (c) => {
      await vms.deleteMachine(c.var.ctx, idOf(c, 'id'))
      return c.json({ deleted: true as const })
    },
  )
  .post(
    '/api/vms/check-connection',
    endpoint({
      ...writing,
      alsoCounts: 'connect',
      summary: "Read the greeting of a machine's SSH server",
      answers: {
        200: z.object({
          success: z.boolean(),
          reachable: z.boolean(),
          banner: z.string().nullable(),
          authenticated: z.null(),
          message: z.string(),
        }),
      },
      errors: ['validation_failed', 'not_found', 'egress_blocked'],
    }),
    body(vms.checkInput),
    async (c) => {
      const found = await vms.checkMachine(c.var.ctx, c.req.valid('json'), readGreeting)
      return c.json({ success: found.banner !== null, ...found, authenticated: null })
    },
  )
  .get(
    '/api/ssh-keys',
    endpoint({ ...reading, summary: 'SSH keys', answers: { 200: z.object({ keys: z.array(key) }) } }),
    async (c) => c.json({ keys: (await keys.listSshKeys(c.var.ctx)).map(showKey) }),
  )
  .post(
    '/api/ssh-keys',
    endpoint({
      ...writing,
      summary: 'Make an SSH key',
      answers: { 201: key },
      errors: ['validation_failed', 'already_exists', 'unavailable'],
    }),
    body(keys.keyInput),
    async (c) =>
      c.json(showKey(await keys.createSshKey(c.var.ctx, () => mastersOf(c), c.req.valid('json'))), 201),
  )
  .get(
    '/api/ssh-keys/:id',
    endpoint({ ...reading, ids: KEY, summary: 'One SSH key', answers: { 200: key }, errors: ['not_found'] }),
    async (c) => c.json(showKey(await keys.readSshKey(c.var.ctx, idOf(c, 'id')))),
  )
  .patch(
    '/api/ssh-keys/:id',
    endpoint({
      ...writing,
      ids: KEY,
      summary: 'Rename an SSH key',
      answers: { 200: key },
      errors: ['validation_failed', 'not_found', 'already_exists'],
    }),
    body(keys.keyInput),
    async (c) => c.json(showKey(await keys.renameSshKey(c.var.ctx, idOf(c, 'id'), c.req.valid('json')))),
  )
  .delete(
    '/api/ssh-keys/:id',
    endpoint({
      ...writing,
      ids: KEY,
      summary: 'Destroy an SSH key',
      answers: { 200: deleted },
      errors: ['not_found'],
    }),
    async (c) => {
      await keys.deleteSshKey(c.var.ctx, idOf(c, 'id'))
      return c.json({ deleted: true as const })
    },
  )
