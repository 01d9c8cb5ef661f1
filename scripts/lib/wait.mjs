import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Repeats `look` until it gives something, and returns that.
 * @template T
 * @param {string} what for the message when time is up
 * @param {() => Promise<T | null | undefined | false>} look
 * @param {{ timeoutMs?: number, everyMs?: number }} options
 * @returns {Promise<T>}
 */
export async function waitFor(what, look, { timeoutMs = 20_000, everyMs = 250 } = {}) {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`)
    await sleep(everyMs)
  }
}
