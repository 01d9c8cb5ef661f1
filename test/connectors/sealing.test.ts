import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { readMasters } from '../../src/lib/seal-masters'
import { accessTo } from '../../src/services/connectors/access'
import { openCredential, sealCredential } from '../../src/services/connectors/credentials'
import { storeProved } from '../../src/services/connectors/connect'
import { vendorCtx } from '../../src/services/connectors/ports'
import { readStatus } from '../../src/services/connectors/status'
import { tendConnections } from '../../src/services/connectors/tend'
import { datadog } from '../../src/connectors/datadog'
import { ConnectionDispatch } from '../../src/store/connection-dispatch'
import { connectionById } from '../../src/store/connections'
import { deploymentOf, someone } from './deployment'
import { datadog as fake } from './fakes/datadog'
import { fetchOf } from './fakes/fake'

const OLD = btoa('\u0000'.repeat(32))
const NEW = btoa('\u0007'.repeat(32))
const place = { orgId: 'org-1', provider: 'datadog', connectionId: 'conn-1', version: 1 }
const secret = { apiKey: 'k', appKey: 'a' }

const mastersOf = async (current: string, previous?: string) => {
  const read = await readMasters({ CONNECTOR_MASTER_KEY: current, CONNECTOR_MASTER_KEY_PREVIOUS: previous })
  if (!read.ok) throw new Error(read.problem)
  return read.masters
}

const http = fetchOf(fake)

async function aConnection(key = OLD) {
  const { ports } = deploymentOf(datadog, http, { CONNECTOR_MASTER_KEY: key })
  const ctx = await someone()
  const form = datadog.readForm(fake.form?.good, [])
  if (form.kind !== 'credential') throw new Error('the form of the fixture is wrong')
  const proved = await form.prove(vendorCtx(ports, datadog))
  if (proved.kind !== 'ok') throw new Error('the credential of the fixture is wrong')
  const storing = {
    userId: ctx.actor.userId,
    method: 'api_key',
    event: 'connector.connect',
    now: ctx.now,
  } as const
  const connection = await storeProved(ctx.db, ports, datadog, proved.value, storing)
  const row = () =>
    env.DB.prepare('SELECT kid, wrapped_dek, ciphertext FROM connection_secrets WHERE connection_id = ?')
      .bind(connection.id)
      .first<{ kid: string; wrapped_dek: string; ciphertext: string }>()
  return { ctx, connection, row }
}

describe('a sealed credential', () => {
  it('opens where it belongs, and names its key', async ({ expect }) => {
    const masters = await mastersOf(NEW)
    const row = { ...(await sealCredential(masters, place, secret, 1)), orgId: 'org-1' }
    expect(row.kid).toBe('4bb06f8e')
    expect(await openCredential(masters, { orgId: 'org-1', provider: 'datadog', id: 'conn-1' }, row)).toEqual(
      secret,
    )
    expect(JSON.stringify(row)).not.toContain('apiKey')
  })

  it.for([
    ['organisation', { orgId: 'org-2', provider: 'datadog', id: 'conn-1' }, {}],
    ['provider', { orgId: 'org-1', provider: 'newrelic', id: 'conn-1' }, {}],
    ['connection', { orgId: 'org-1', provider: 'datadog', id: 'conn-2' }, {}],
    ['purpose', { orgId: 'org-1', provider: 'datadog', id: 'conn-1' }, { purpose: 'ssh_private_key' }],
    ['version', { orgId: 'org-1', provider: 'datadog', id: 'conn-1' }, { version: 2 }],
  ] as const)('does not open in another %s', async ([, owner, changes], { expect }) => {
    const masters = await mastersOf(NEW)
    const row = { ...(await sealCredential(masters, place, secret, 1)), orgId: 'org-1', ...changes }
    expect(await openCredential(masters, owner, row)).toBeNull()
  })

  it.for(['ciphertext', 'wrappedDek', 'iv', 'dekIv'] as const)(
    'does not open with a changed %s',
    async (column, { expect }) => {
      const masters = await mastersOf(NEW)
      const row = { ...(await sealCredential(masters, place, secret, 1)), orgId: 'org-1' }
      const text = row[column]
      const damaged = { ...row, [column]: (text.startsWith('A') ? 'B' : 'A') + text.slice(1) }
      expect(
        await openCredential(masters, { orgId: 'org-1', provider: 'datadog', id: 'conn-1' }, damaged),
      ).toBeNull()
    },
  )

  it('is never sealed twice in the same way', async ({ expect }) => {
    const masters = await mastersOf(NEW)
    const [one, two] = [
      await sealCredential(masters, place, secret, 1),
      await sealCredential(masters, place, secret, 1),
    ]
    for (const column of ['ciphertext', 'wrappedDek', 'iv', 'dekIv'] as const)
      expect(one[column]).not.toBe(two[column])
  })
})

describe('the rotation of the master key', () => {
  it('keeps old rows readable and moves them in the background, ciphertexts untouched', async ({
    expect,
  }) => {
    const { ctx, connection, row } = await aConnection()
    const before = await row()
    const { ports } = deploymentOf(datadog, http, {
      CONNECTOR_MASTER_KEY: NEW,
      CONNECTOR_MASTER_KEY_PREVIOUS: OLD,
    })
    expect(await accessTo(ctx.db, ports, connection)).toMatchObject({ kind: 'ok' })
    await tendConnections(ports, new ConnectionDispatch(env.DB), Date.now())
    const after = await row()
    expect(after).toMatchObject({ kid: '4bb06f8e', ciphertext: before?.ciphertext })
    expect(after?.wrapped_dek).not.toBe(before?.wrapped_dek)
    const alone = deploymentOf(datadog, http, { CONNECTOR_MASTER_KEY: NEW })
    expect(await accessTo(ctx.db, alone.ports, connection)).toMatchObject({ kind: 'ok' })
    const { results } = await env.DB.prepare(
      "SELECT after FROM audit_log WHERE org_id = ? AND event = 'connector.key_rewrapped'",
    )
      .bind(ctx.actor.orgId)
      .all()
    expect(results).toEqual([{ after: JSON.stringify({ keys: 1, kid: '4bb06f8e' }) }])
  })

  it('that lost the old key asks to reconnect, and keeps the row', async ({ expect }) => {
    const { ctx, connection, row } = await aConnection()
    const { ports } = deploymentOf(datadog, http, { CONNECTOR_MASTER_KEY: NEW })
    expect(await accessTo(ctx.db, ports, connection)).toEqual({ kind: 'expired' })
    expect(await row()).not.toBeNull()
    expect(await readStatus(ctx, ports, datadog, false)).toMatchObject({ connected: false, status: 'error' })
    const [stored] = await connectionById(ctx.db, connection.id)
    expect(stored).toMatchObject({ status: 'error', statusReason: 'expired' })
  })

  it('finds no key at all: connecting is 503 and not a crash', async ({ expect }) => {
    const { ports } = deploymentOf(datadog, http, { CONNECTOR_MASTER_KEY: ' ' })
    await expect(ports.masters()).rejects.toMatchObject({ code: 'provider_not_configured' })
  })
})
