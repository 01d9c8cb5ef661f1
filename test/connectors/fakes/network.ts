/** The network of a test: every call of the product's `fetch` ends at a fake, and a host without one fails the test. */
import { vi } from 'vitest'
import { seenOf, type Fake, type Seen } from './fake'

export type Trouble = 'rate_limited' | 'error' | 'hang' | 'gone' | 'unauthorized'

export interface Network {
  /** Everything that was sent, oldest first. */
  readonly seen: Seen[]
  /** Hosts that no fake answers for; must stay empty. */
  readonly strays: string[]
  /** Makes every vendor fail in this way; null makes them well again. */
  trouble: Trouble | null
}

/** Puts the fakes in front of the global `fetch` until `vi.restoreAllMocks()`. */
export function plugIn(fakes: readonly Fake[]): Network {
  const network: Network = { seen: [], strays: [], trouble: null }
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const seen = await seenOf(input, init)
    const { url } = seen
    network.seen.push(seen)
    const here = fakes.filter(({ hosts }) => hosts.includes(url.hostname))
    const fake =
      here.find(({ takes }) => takes?.(seen) === true) ?? here.find(({ takes }) => takes === undefined)
    if (fake === undefined) {
      network.strays.push(url.hostname)
      return new Response('no such host', { status: 599 })
    }
    switch (network.trouble) {
      case 'rate_limited':
        return new Response('slow down', { status: 429, headers: { 'retry-after': '17' } })
      case 'error':
        return new Response('words of the vendor that nobody may see', { status: 500 })
      case 'unauthorized':
        return new Response('{}', { status: 401 })
      case 'hang':
        // What an aborted fetch does, without the wait.
        throw new DOMException('The operation timed out', 'TimeoutError')
      case 'gone':
        throw new TypeError('Network connection lost')
      case null:
        return fake.answer(seen)
    }
  })
  return network
}
