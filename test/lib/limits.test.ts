import { describe, it } from 'vitest'
import { gateName, windowsOf } from '../../src/lib/limits'

const MINUTE = 60_000

describe('rate-limit buckets', () => {
  it('have the documented limits', ({ expect }) => {
    const figures = (bucket: Parameters<typeof windowsOf>[1]) =>
      windowsOf({}, bucket).map(({ limit, spanMs, durable }) => [limit, spanMs / MINUTE, durable])
    expect(figures('default')).toEqual([[100, 1, false]])
    expect(figures('chat')).toEqual([[20, 1, false]])
    expect(figures('poll')).toEqual([[300, 1, false]])
    expect(figures('login')).toEqual([
      [5, 1, true],
      [20, 60, true],
    ])
    expect(figures('login-ip')).toEqual([[20, 1, true]])
    expect(figures('register-ip')).toEqual([
      [10, 1, true],
      [50, 60, true],
    ])
    expect(figures('register-email')).toEqual([[10, 60, true]])
    expect(figures('password')).toEqual([[5, 1, true]])
    expect(figures('rca')).toEqual([[5, 5, true]])
    expect(figures('integration')).toEqual([[6000, 1, false]])
  })

  it('take a positive integer from the environment and nothing else', ({ expect }) => {
    const limit = (text: string | undefined) =>
      windowsOf({ RATE_LIMIT_CHAT_PER_MINUTE: text }, 'chat').map((window) => window.limit)
    expect(limit('7')).toEqual([7])
    for (const bad of [undefined, '', '0', '-3', '1.5', '1e3', 'many', '99999999999999999999'])
      expect(limit(bad), `${bad}`).toEqual([20])
  })

  it('name each window of each scope differently', ({ expect }) => {
    const names = [windowsOf({}, 'login'), windowsOf({}, 'login', 'a'), windowsOf({}, 'login', 'b')]
      .flat()
      .map(({ bucket }) => bucket)
    expect(new Set(names).size).toBe(6)
  })

  it('live in gates that differ by kind of key', ({ expect }) => {
    const names = [gateName.user('x'), gateName.ip('x'), gateName.email('x'), gateName.integration('x')]
    expect(new Set(names).size).toBe(4)
  })
})
