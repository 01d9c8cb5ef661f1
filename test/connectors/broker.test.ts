import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { afterEach, describe, it, vi } from 'vitest'
import {
  checkout,
  FRESH_MS,
  IDLE,
  LEASE_MS,
  renewalOf,
  settle,
  type Slot,
} from '../../src/connectors/broker-core'
import { newId } from '../../src/lib/ids'
import { accessTo } from '../../src/services/connectors/access'
import { disconnect } from '../../src/services/connectors/disconnect'
import { connectionById } from '../../src/store/connections'
import { idp } from './idp'
import { anIdpConnection } from './idp-connection'
import { captureLogs, databaseText, leaksIn } from './support'

const OWNER = { orgId: 'o', connectionId: 'c' }
const access = { kind: 'headers', headers: { authorization: 'Bearer x' } } as const

async function aConnection() {
  const made = await anIdpConnection()
  const { ctx, connection } = made
  const stored = async () => (await connectionById(ctx.db, connection.id))[0]
  return { ...made, stored, stub: env.CONNECTION_BROKER.getByName(connection.id) }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the state machine of a broker', () => {
  it('grants one lease, makes the others wait, and hands out what came of it', ({ expect }) => {
    const first = checkout(IDLE, 0, 'a')
    expect(first.answer).toEqual({ kind: 'lease', lease: 'a' })
    expect(checkout(first.slot, 1, 'b').answer).toBeNull()
    const ready = settle(first.slot, 'a', { kind: 'ready', access, expiresAt: 1_000_000 })
    expect(checkout(ready ?? IDLE, 2, 'c').answer).toEqual({ kind: 'ready', access, expiresAt: 1_000_000 })
  })

  it('passes the lease on when its holder dies, and ignores the dead one’s late answer', ({ expect }) => {
    const first = checkout(IDLE, 0, 'a')
    const second = checkout(first.slot, LEASE_MS, 'b')
    expect(second.answer).toEqual({ kind: 'lease', lease: 'b' })
    expect(settle(second.slot, 'a', { kind: 'ready', access, expiresAt: 1 })).toBeNull()
  })

  it('hands out nothing with less than a minute to live', ({ expect }) => {
    const ready: Slot = { state: 'ready', access, expiresAt: 100_000, used: false }
    expect(checkout(ready, 100_000 - FRESH_MS, 'a').answer).toMatchObject({ kind: 'ready', access })
    expect(checkout(ready, 100_001 - FRESH_MS, 'a').answer).toEqual({ kind: 'lease', lease: 'a' })
    expect(renewalOf(ready)).toBe(100_000 - 300_000)
  })

  it('remembers a dead credential, but no trouble of the vendor', ({ expect }) => {
    const held = checkout(IDLE, 0, 'a').slot
    const dead = settle(held, 'a', { kind: 'refused', refusal: { kind: 'expired' } })
    expect(checkout(dead ?? IDLE, 1, 'b').answer).toEqual({ kind: 'refused', refusal: { kind: 'expired' } })
    const well = settle(held, 'a', { kind: 'refused', refusal: { kind: 'vendor_error' } })
    expect(checkout(well ?? IDLE, 1, 'b').answer).toEqual({ kind: 'lease', lease: 'b' })
  })

  it('never has two leases at once, whatever happens', ({ expect }) => {
    const event = fc.record({ after: fc.nat(LEASE_MS), settles: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let [slot, now, holder, until]: [Slot, number, string | null, number] = [IDLE, 0, null, 0]
        for (const [index, { after, settles }] of events.entries()) {
          now += after
          const step = checkout(slot, now, `l${index}`)
          slot = step.slot
          if (step.answer?.kind === 'lease') {
            if (holder !== null && now < until) throw new Error('two holders')
            holder = step.answer.lease
            until = now + LEASE_MS
          }
          if (settles && holder !== null) {
            slot = settle(slot, holder, { kind: 'refused', refusal: { kind: 'unreachable' } }) ?? slot
            holder = null
          }
        }
      }),
    )
    expect(true).toBe(true)
  })
})

describe('the access of a connection', () => {
  it('costs exactly one token request under twenty parallel callers', async ({ expect }) => {
    const { vendor, ports, ctx, connection } = await aConnection()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => accessTo(ctx.db, ports, connection)))
    expect(vendor.counts.token).toBe(1)
    expect(new Set(outcomes.map((it) => JSON.stringify(it))).size).toBe(1)
    expect(outcomes[0]).toMatchObject({
      kind: 'ok',
      value: { headers: { authorization: expect.stringContaining('Bearer idp-access-') } },
    })
  })

  it('costs one more when it has expired, again under twenty callers', async ({ expect }) => {
    const { vendor, ports, ctx, connection } = await aConnection()
    vendor.life.seconds = 30
    await accessTo(ctx.db, ports, connection)
    vendor.life.seconds = 3600
    await Promise.all(Array.from({ length: 20 }, () => accessTo(ctx.db, ports, connection)))
    expect(vendor.counts.token).toBe(2)
  })

  it('is stored nowhere, and its rotated refresh token only sealed', async ({ expect }) => {
    const logs = captureLogs()
    const { vendor, ports, ctx, connection, refreshToken, stored, stub } = await aConnection()
    const got = await accessTo(ctx.db, ports, connection)
    const token =
      got.kind === 'ok' && got.value.kind === 'headers'
        ? (got.value.headers['authorization'] ?? '').slice(7)
        : ''
    const [successor = ''] = vendor.live
    const secrets = [token, successor, refreshToken]
    expect(secrets.every((it) => it.length > 10)).toBe(true)
    expect(leaksIn(await databaseText(), secrets)).toEqual([])
    expect(leaksIn(logs.join('\n'), secrets)).toEqual([])
    expect(await runInDurableObject(stub, (_broker, state) => [...state.storage.kv.list()])).toEqual([])
    expect(await stored()).toMatchObject({ secretVersion: 2, status: 'connected' })
  })

  it('is fetched again after the broker left memory, with the rotated token', async ({ expect }) => {
    const { vendor, ports, ctx, connection, stub } = await aConnection()
    await accessTo(ctx.db, ports, connection)
    await evictDurableObject(stub)
    expect(await accessTo(ctx.db, ports, connection)).toMatchObject({ kind: 'ok' })
    expect(vendor.counts.token).toBe(2)
  })

  it('says expired from then on when the vendor refuses the grant, without asking again', async ({
    expect,
  }) => {
    const { vendor, ports, ctx, connection, stored, stub } = await aConnection()
    vendor.live.clear()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => accessTo(ctx.db, ports, connection)))
    expect(outcomes.every(({ kind }) => kind === 'expired')).toBe(true)
    await evictDurableObject(stub)
    const row = await stored()
    expect(row).toMatchObject({ status: 'error', statusReason: 'expired', secretVersion: 1 })
    if (row === undefined) throw new Error('no row')
    expect(await accessTo(ctx.db, ports, row)).toEqual({ kind: 'expired' })
    expect(vendor.counts.token).toBe(1)
    const { results } = await env.DB.prepare(
      "SELECT event FROM audit_log WHERE org_id = ? AND event = 'connector.refresh_failed'",
    )
      .bind(ctx.actor.orgId)
      .all()
    expect(results).toHaveLength(1)
  })

  it('comes back by itself after a vendor was down', async ({ expect }) => {
    const { vendor, ports, ctx, connection, stored } = await aConnection()
    vendor.down.refresh = true
    expect(await accessTo(ctx.db, ports, connection)).toEqual({ kind: 'vendor_error' })
    expect(await stored()).toMatchObject({ status: 'connected', statusReason: null })
    vendor.down.refresh = false
    expect(await accessTo(ctx.db, ports, connection)).toMatchObject({ kind: 'ok' })
  })

  it('ends with a disconnect that comes in the middle of a refresh; what was just received is revoked', async ({
    expect,
  }) => {
    const { vendor, ports, ctx, connection, stored } = await aConnection()
    let received = ''
    const slow: typeof fetch = async (input, init) => {
      const response = await vendor.http(input, init)
      if (new URL(new Request(input).url).pathname !== '/token') return response
      ;[received = ''] = vendor.live
      await disconnect(ctx, ports, idp, null)
      return response
    }
    expect(await accessTo(ctx.db, { ...ports, http: slow }, connection)).toEqual({ kind: 'not_connected' })
    expect(vendor.revoked).toContain(received)
    expect(vendor.live.size).toBe(0)
    expect(await stored()).toMatchObject({ status: 'not_connected' })
  })
})

describe('the broker itself', () => {
  const broker = () => env.CONNECTION_BROKER.getByName(newId())

  it('wakes those who wait with what the vendor said', async ({ expect }) => {
    const stub = broker()
    const first = await stub.checkout('read|', FRESH_MS)
    if (first.kind !== 'lease') throw new Error('no lease')
    const waiting = Promise.all([stub.checkout('read|', FRESH_MS), stub.checkout('read|', FRESH_MS)])
    const refusal = { kind: 'rate_limited', retryAfterSeconds: 9 } as const
    await stub.settle('read|', first.lease, { kind: 'refused', refusal }, OWNER)
    expect(await waiting).toEqual([
      { kind: 'refused', refusal },
      { kind: 'refused', refusal },
    ])
  })

  it('gives nothing once it is closed, until it is opened again', async ({ expect }) => {
    const stub = broker()
    await stub.close()
    expect(await stub.checkout('read|', FRESH_MS)).toEqual({ kind: 'closed' })
    await stub.open()
    expect(await stub.checkout('read|', FRESH_MS)).toMatchObject({ kind: 'lease' })
  })

  it('wakes up before an access in use ends, to have it renewed', async ({ expect }) => {
    const stub = broker()
    const lease = await stub.checkout('read|', FRESH_MS)
    if (lease.kind !== 'lease') throw new Error('no lease')
    const expiresAt = Date.now() + 3_600_000
    await stub.settle('read|', lease.lease, { kind: 'ready', access, expiresAt }, OWNER)
    const at = await runInDurableObject(stub, (_broker, state) => state.storage.getAlarm())
    expect(at).toBe(expiresAt - 300_000)
    await stub.checkout('read|', FRESH_MS)
    const sent: unknown[] = []
    await runInDurableObject(stub, (instance) => {
      const bindings: { JOBS: { send: (body: unknown) => Promise<void> } } = Reflect.get(instance, 'env')
      vi.spyOn(bindings.JOBS, 'send').mockImplementation(async (body) => void sent.push(body))
    })
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(sent).toEqual([{ v: 1, type: 'connector_renew', org_id: 'o', connection_id: 'c' }])
  })
})
