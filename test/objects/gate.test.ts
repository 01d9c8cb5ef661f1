import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { gateName, type LimitWindow, windowsOf } from '../../src/lib/limits'
import type { Gate } from '../../src/objects/gate'

type Stub = DurableObjectStub<Gate>

const MINUTE = 60_000
const DAY = 86_400_000
const aGate = (): Stub => env.GATE.getByName(gateName.user(newId()))
const perMinute = (limit: number, over: Partial<LimitWindow> = {}): LimitWindow => ({
  bucket: 'test',
  limit,
  spanMs: MINUTE,
  durable: false,
  ...over,
})
const plain = { windows: [], sid: null, openBeforePasswordChange: false } as const
const knock = (gate: Stub, ...windows: LimitWindow[]) => gate.enter({ ...plain, windows })
const show = (gate: Stub, sid: string) => gate.enter({ ...plain, sid })

async function admitted(gate: Stub, window: LimitWindow, attempts: number): Promise<number> {
  let count = 0
  for (let i = 0; i < attempts; i++) if ((await knock(gate, window)).ok) count += 1
  return count
}

const storedKeys = (gate: Stub): Promise<string[]> =>
  runInDurableObject(gate, (_gate, state) => [...state.storage.kv.list()].map(([key]) => key))

describe('the limits of a gate', () => {
  it('admit exactly 100 of 120 parallel requests', async ({ expect }) => {
    const gate = aGate()
    const entries = await Promise.all(Array.from({ length: 120 }, () => knock(gate, perMinute(100))))
    expect(entries.filter(({ ok }) => ok)).toHaveLength(100)
    for (const entry of entries.filter(({ ok }) => !ok)) expect(entry).toMatchObject({ code: 'rate_limited' })
  })

  it('say how many places are left and when one is free', async ({ expect }) => {
    const gate = aGate()
    expect(await knock(gate, perMinute(2))).toMatchObject({ ok: true, rate: { limit: 2, remaining: 1 } })
    expect(await knock(gate, perMinute(2))).toMatchObject({ ok: true, rate: { limit: 2, remaining: 0 } })
    const refused = await knock(gate, perMinute(2))
    if (refused.ok || refused.code !== 'rate_limited') throw new Error('the third request was let in')
    expect(refused.bucket).toBe('test')
    expect(refused.retryAfterMs).toBe(refused.rate.resetMs)
    expect(refused.retryAfterMs).toBeGreaterThan(0)
    expect(refused.retryAfterMs).toBeLessThanOrEqual(MINUTE)
  })

  it.for([
    [20, 0],
    [100, 2],
    [300, 9],
  ] as const)(
    'of %i a minute outlive an eviction but for %i places at most',
    async ([limit, lost], { expect }) => {
      const gate = aGate()
      expect(await admitted(gate, perMinute(limit), limit - 5)).toBe(limit - 5)
      await evictDurableObject(gate)
      const more = await admitted(gate, perMinute(limit), 30)
      expect(more).toBeGreaterThanOrEqual(5)
      expect(more).toBeLessThanOrEqual(5 + lost)
    },
  )

  it('lose nothing when they are durable', async ({ expect }) => {
    const gate = aGate()
    const durable = perMinute(300, { durable: true })
    for (const round of [1, 2, 3]) {
      expect(await admitted(gate, durable, 100), `round ${round}`).toBe(100)
      await evictDurableObject(gate)
    }
    expect(await admitted(gate, durable, 1)).toBe(0)
  })

  it('write nothing for a refused request', async ({ expect }) => {
    const gate = aGate()
    const wide = perMinute(20, { bucket: 'wide' })
    const full = perMinute(1, { bucket: 'full' })
    await knock(gate, full)
    await knock(gate, wide, full)
    expect(await storedKeys(gate)).not.toContain('window:wide')
  })

  it('give a place back, and still know it after an eviction', async ({ expect }) => {
    const gate = aGate()
    const login = windowsOf({}, 'login', 'an e-mail hash')
    for (let i = 0; i < 4; i++) await gate.enter({ ...plain, windows: login })
    const fifth = await gate.enter({ ...plain, windows: login })
    if (!fifth.ok) throw new Error('the fifth attempt was refused')
    await gate.release(login, fifth.at)
    await evictDurableObject(gate)
    expect(await gate.enter({ ...plain, windows: login })).toMatchObject({ ok: true, rate: { remaining: 0 } })
    expect(await gate.enter({ ...plain, windows: login })).toMatchObject({ ok: false, rate: { limit: 5 } })
  })

  it('count each scope of a bucket for itself', async ({ expect }) => {
    const gate = aGate()
    const limits = { RATE_LIMIT_LOGIN_PER_MINUTE: '1' }
    const [dana] = windowsOf(limits, 'login', 'dana')
    const [omar] = windowsOf(limits, 'login', 'omar')
    if (dana === undefined || omar === undefined) throw new Error('login has no window')
    expect(await admitted(gate, dana, 2)).toBe(1)
    expect(await admitted(gate, omar, 2)).toBe(1)
  })

  it('are not forgotten when a great many windows are in use', async ({ expect }) => {
    const gate = aGate()
    await knock(gate, perMinute(1))
    for (let i = 0; i < 600; i++) await knock(gate, perMinute(1, { bucket: `b${i}`, spanMs: 1 }))
    expect((await knock(gate, perMinute(1))).ok).toBe(false)
  })
})

describe('the sessions of a gate', () => {
  it('are refused once revoked, also after an eviction, and are not counted', async ({ expect }) => {
    const gate = aGate()
    const [one, other] = [newId(), newId()]
    await gate.revoke({ sid: one, expiresAt: Date.now() + DAY })
    await evictDurableObject(gate)
    const windows = [perMinute(1)]
    expect(await gate.enter({ ...plain, windows, sid: one })).toEqual({ ok: false, code: 'session_revoked' })
    expect((await gate.enter({ ...plain, windows, sid: other })).ok).toBe(true)
  })

  it('all end at a password change but the calling one, and new ones are valid at once', async ({
    expect,
  }) => {
    const gate = aGate()
    const at = Date.now()
    const [caller, other, fresh] = [newId(at - 5000), newId(at - 5000), newId(at)]
    await gate.revokeAll({ exceptSid: caller, at })
    await evictDurableObject(gate)
    expect((await show(gate, caller)).ok).toBe(true)
    expect(await show(gate, other)).toEqual({ ok: false, code: 'session_revoked' })
    expect((await show(gate, fresh)).ok).toBe(true)
    await gate.revokeAll({ at: at + 1 })
    expect((await show(gate, caller)).ok).toBe(false)
  })

  it('reach only the way to a new password while the first one stands', async ({ expect }) => {
    const gate = aGate()
    await gate.setMustChangePassword(true)
    await evictDurableObject(gate)
    const refused = await knock(gate, perMinute(9))
    expect(refused).toMatchObject({ ok: false, code: 'password_change_required', rate: { remaining: 8 } })
    expect((await gate.enter({ ...plain, openBeforePasswordChange: true })).ok).toBe(true)
    await gate.setMustChangePassword(false)
    await evictDurableObject(gate)
    expect((await knock(gate, perMinute(9))).ok).toBe(true)
  })

  it('may use a ticket once, until it ends', async ({ expect }) => {
    const gate = aGate()
    expect(await gate.useTicket('a', Date.now() + MINUTE)).toBe(true)
    await evictDurableObject(gate)
    expect(await gate.useTicket('a', Date.now() + MINUTE)).toBe(false)
    expect(await gate.useTicket('b', Date.now() - 1)).toBe(false)
  })
})

describe('the storage of a gate', () => {
  it('stays empty, without an alarm, while nothing needs to be remembered', async ({ expect }) => {
    const gate = aGate()
    expect(await gate.ping()).toBe(true)
    await show(gate, newId())
    await knock(gate, perMinute(100))
    expect(await storedKeys(gate)).toEqual([])
    expect(await runDurableObjectAlarm(gate)).toBe(false)
  })

  it('is cleaned a day later of what is over, and of nothing else', async ({ expect }) => {
    const gate = aGate()
    const live = newId()
    await gate.revoke({ sid: live, expiresAt: Date.now() + DAY })
    const due = await runInDurableObject(gate, (_gate, state) => state.storage.getAlarm())
    expect((due ?? 0) - Date.now()).toBeGreaterThan(DAY - MINUTE)
    await runInDurableObject(gate, (_gate, { storage: { kv } }) => {
      kv.put('revoked:over', 1)
      kv.put('ticket:over', 1)
      kv.put('window:over', { spanMs: MINUTE, debts: [[1, 1]] })
      kv.put('not-before', { at: Date.now() - 8 * DAY, spared: null })
    })
    expect(await runDurableObjectAlarm(gate)).toBe(true)
    expect(await storedKeys(gate)).toEqual(['cleanup-at', `revoked:${live}`])
    expect((await show(gate, live)).ok).toBe(false)
    expect(await runInDurableObject(gate, (_gate, state) => state.storage.getAlarm())).not.toBeNull()
  })

  it('ends with the last thing to remember, and begins anew when there is another', async ({ expect }) => {
    const gate = aGate()
    await gate.useTicket('a', Date.now() + MINUTE)
    await runInDurableObject(gate, (_gate, { storage: { kv } }) => kv.put('ticket:a', 1))
    expect(await runDurableObjectAlarm(gate)).toBe(true)
    expect(await storedKeys(gate)).toEqual([])
    expect(await runDurableObjectAlarm(gate)).toBe(false)
    await gate.useTicket('b', Date.now() + MINUTE)
    expect(await storedKeys(gate)).toEqual(['cleanup-at', 'ticket:b'])
    expect(await runDurableObjectAlarm(gate)).toBe(true)
  })

  it('keeps the pending password change for as long as it takes', async ({ expect }) => {
    const gate = aGate()
    await gate.setMustChangePassword(true)
    await gate.useTicket('a', Date.now() + MINUTE)
    await runInDurableObject(gate, (_gate, { storage: { kv } }) => kv.put('ticket:a', 1))
    await runDurableObjectAlarm(gate)
    await evictDurableObject(gate)
    expect(await show(gate, newId())).toMatchObject({ code: 'password_change_required' })
  })
})
