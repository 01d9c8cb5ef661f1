import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Polls `/health/readiness` until it answers 200. The first request also arms the sweeper.
 * @param {string} url base address
 * @param {{ timeoutMs?: number, giveUp?: (last: string) => boolean }} options `giveUp` ends the wait early
 * @returns {Promise<{ ok: boolean, last: string }>} `last` is the last answer or error seen
 */
export async function waitForReady(url, { timeoutMs = 60_000, giveUp = () => false } = {}) {
  const deadline = Date.now() + timeoutMs
  let last = 'no answer'
  while (Date.now() < deadline && !giveUp(last)) {
    try {
      const response = await fetch(`${url}/health/readiness`, { signal: AbortSignal.timeout(5_000) })
      last = `${response.status} ${(await response.text()).slice(0, 2_000)}`
      if (response.ok) return { ok: true, last }
    } catch (error) {
      last = error.cause?.code ?? error.message
    }
    await sleep(50)
  }
  return { ok: false, last }
}
