import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { bannerIn, newKeyPair } from '../../src/lib/ssh'
import { readMasters } from '../../src/lib/seal-masters'
import { open, seal } from '../../src/lib/seal'
import { checkMachine, createMachine, type ReadGreeting } from '../../src/services/machines'
import { privateKeyPlace } from '../../src/services/ssh-keys'
import { tendConnections } from '../../src/services/connectors/tend'
import { openPorts } from '../../src/services/connectors/ports'
import { ConnectionDispatch } from '../../src/store/connection-dispatch'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { someone } from '../connectors/deployment'

const said = ({ status, body }: { status: number; body: { error: string } }) => [status, body.error]

describe('a new key pair', () => {
  it('has a public line of OpenSSH, whose key verifies what the private half signs', async ({ expect }) => {
    const { publicKey, privateKey } = await newKeyPair()
    const [type, blob = ''] = publicKey.split(' ')
    const bytes = Uint8Array.fromBase64(blob)
    expect([type, bytes.length, new TextDecoder().decode(bytes.slice(4, 15))]).toEqual([
      'ssh-ed25519',
      51,
      'ssh-ed25519',
    ])
    const own = await crypto.subtle.importKey('pkcs8', Uint8Array.fromBase64(privateKey), 'Ed25519', false, [
      'sign',
    ])
    const shown = await crypto.subtle.importKey('raw', bytes.slice(19), 'Ed25519', false, ['verify'])
    const text = new TextEncoder().encode('hello')
    const signature = await crypto.subtle.sign('Ed25519', own, text)
    expect(await crypto.subtle.verify('Ed25519', shown, signature, text)).toBe(true)
  })
})

describe('the greeting of a server', () => {
  it.for([
    ['SSH-2.0-OpenSSH_9.9\r\n', 'SSH-2.0-OpenSSH_9.9'],
    ['Welcome\r\nSSH-1.99-dropbear\n', 'SSH-1.99-dropbear'],
    ['HTTP/1.1 400 Bad Request\r\n', null],
    ['SSH-3.0-x\n', null],
    ['SSH-2.0-\u0007\n', null],
    ['', null],
  ] as const)('%j is read as %j', ([text, banner], { expect }) => {
    expect(bannerIn(text)).toBe(banner)
  })
})

describe('SSH keys', () => {
  it('are made, named and destroyed, and their private half is sealed for its place', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    const made = await client.post('/api/ssh-keys', { label: 'Production' })
    expect([made.status, Object.keys(made.body).toSorted()]).toEqual([
      201,
      ['createdAt', 'id', 'label', 'publicKey'],
    ])
    const { id } = made.body
    expect(said(await client.post('/api/ssh-keys', { label: 'Production' }))[0]).toBe(409)
    expect(said(await client.post('/api/ssh-keys', {}))).toEqual([400, 'label is required'])
    expect((await client.patch(`/api/ssh-keys/${id}`, { label: 'Old' })).body).toEqual({
      ...made.body,
      label: 'Old',
    })
    expect((await client.get('/api/ssh-keys')).body).toEqual({ keys: [{ ...made.body, label: 'Old' }] })
    const row = await env.DB.prepare('SELECT private_key_sealed AS sealed FROM ssh_keys WHERE id = ?')
      .bind(id)
      .first<{ sealed: string }>()
    const read = await readMasters(env)
    if (!read.ok) throw new Error(read.problem)
    const opened = await open(read.masters, privateKeyPlace({ orgId: org.orgId, id }), row?.sealed ?? '')
    expect(opened).toMatchObject({ ok: true, plaintext: expect.stringMatching(/^MC4CAQ/) })
    const elsewhere = privateKeyPlace({ orgId: org.orgId, id: crypto.randomUUID() })
    expect((await open(read.masters, elsewhere, row?.sealed ?? '')).ok).toBe(false)
    const machine = { name: 'web-1', ipAddress: '93.184.216.34', sshKeyId: id }
    const vm = await client.post('/api/vms/manual', machine)
    expect((await client.delete(`/api/ssh-keys/${id}`)).body).toEqual({ deleted: true })
    expect((await client.get(`/api/ssh-keys/${id}`)).status).toBe(404)
    const [left] = (await client.get('/api/vms/manual')).body.vms
    expect([left.id, left.sshKeyId]).toEqual([vm.body.id, null])
  })

  it('move to another master with the credentials', async ({ expect }) => {
    const org = await anOrg()
    const [before, after] = [btoa('b'.repeat(32)), btoa('a'.repeat(32))]
    const former = await readMasters({ CONNECTOR_MASTER_KEY: before })
    if (!former.ok) throw new Error(former.problem)
    const id = crypto.randomUUID()
    const place = privateKeyPlace({ orgId: org.orgId, id })
    await env.DB.prepare(
      "INSERT INTO ssh_keys (id, org_id, user_id, label, public_key, private_key_sealed) VALUES (?, ?, 'u', 'k', 'p', ?)",
    )
      .bind(id, org.orgId, await seal(former.masters, place, 'private half'))
      .run()
    const variables = { CONNECTOR_MASTER_KEY: after, CONNECTOR_MASTER_KEY_PREVIOUS: before }
    const quiet = async (): Promise<void> => undefined
    const ports = openPorts(env, { ...env, ...variables }, null, { job: quiet, run: quiet })
    await tendConnections(ports, new ConnectionDispatch(env.DB), Date.now())
    const row = await env.DB.prepare('SELECT private_key_sealed AS sealed FROM ssh_keys WHERE id = ?')
      .bind(id)
      .first<{ sealed: string }>()
    const now = await readMasters({ CONNECTOR_MASTER_KEY: after })
    if (!now.ok) throw new Error(now.problem)
    expect(await open(now.masters, place, row?.sealed ?? '')).toMatchObject({ plaintext: 'private half' })
  })
})

describe('machines', () => {
  it('are written down, changed and forgotten', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    const made = await client.post('/api/vms/manual', { name: 'web-1', ipAddress: '93.184.216.34' })
    expect([made.status, made.body]).toEqual([
      201,
      {
        id: expect.any(String),
        name: 'web-1',
        ipAddress: '93.184.216.34',
        port: 22,
        sshUsername: null,
        sshKeyId: null,
        reachableAt: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ])
    const path = `/api/vms/manual/${made.body.id}`
    expect((await client.put(path, { port: 2222, sshUsername: 'ops' })).body).toMatchObject({
      port: 2222,
      sshUsername: 'ops',
      name: 'web-1',
    })
    expect((await client.put(path, { sshKeyId: crypto.randomUUID() })).status).toBe(404)
    expect((await client.post('/api/vms/manual', { name: 'web-1', ipAddress: '93.184.216.34' })).status).toBe(
      409,
    )
    expect(said(await client.post('/api/vms/manual', { name: 'x' }))).toEqual([400, 'ipAddress is required'])
    expect((await client.delete(path)).body).toEqual({ deleted: true })
    expect((await client.delete(path)).status).toBe(404)
  })

  it.for([
    '10.0.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '2130706433',
    '0x7f.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    'example.com',
  ])('are refused at %s', async (ipAddress, { expect }) => {
    const ctx = await someone()
    const client = apiWith(UNLIMITED, bearer((await anOrg()).token))
    const refused = [400, 'ipAddress must be a public IP address']
    expect(said(await client.post('/api/vms/check-connection', { ipAddress }))).toEqual(refused)
    expect(said(await client.post('/api/vms/manual', { name: 'x', ipAddress }))).toEqual(refused)
    const never: ReadGreeting = async () => {
      throw new Error('was asked')
    }
    await expect(checkMachine(ctx, { vmId: undefined, ipAddress, port: 22 }, never)).rejects.toMatchObject({
      code: 'egress_blocked',
    })
  })

  it('are looked at through what their SSH server says first', async ({ expect }) => {
    const ctx = await someone()
    const asked: unknown[] = []
    const saying =
      (text: string | null): ReadGreeting =>
      async (address, port) => {
        asked.push([address, port])
        return text
      }
    const vm = await createMachine(ctx, { name: 'web-1', ipAddress: '93.184.216.34', port: 2222 })
    expect(await checkMachine(ctx, { vmId: vm.id }, saying('SSH-2.0-OpenSSH_9.9\r\n'))).toMatchObject({
      reachable: true,
      banner: 'SSH-2.0-OpenSSH_9.9',
      message: expect.stringContaining('cannot be tried'),
    })
    const row = await env.DB.prepare('SELECT reachable_at FROM manual_vms WHERE id = ?').bind(vm.id).first()
    expect(row?.['reachable_at']).toBe(ctx.now)
    expect(await checkMachine(ctx, { ipAddress: '93.184.216.34' }, saying('220 smtp\r\n'))).toMatchObject({
      reachable: true,
      banner: null,
    })
    expect(await checkMachine(ctx, { ipAddress: '93.184.216.34' }, saying(null))).toMatchObject({
      reachable: false,
      banner: null,
    })
    expect(asked).toEqual([
      ['93.184.216.34', 2222],
      ['93.184.216.34', 22],
      ['93.184.216.34', 22],
    ])
    const viewer = await someone('viewer', ctx.actor.orgId)
    await expect(checkMachine(viewer, { vmId: vm.id }, saying(null))).rejects.toMatchObject({
      code: 'forbidden',
    })
  })
})
