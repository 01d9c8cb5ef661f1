import { hc } from 'hono/client'

/** @typedef {import('../../src/http/client').Api} Api */

/**
 * The API's typed client: an editor knows every path, body and answer.
 * @param {string} url base address
 * @param {string} token session token
 */
export const clientOf = (url, token) =>
  /** @type {typeof hc<Api>} */ (hc)(url, { headers: { authorization: `Bearer ${token}` } })

/**
 * The JSON of an answer. Throws for a refusal.
 * @template T
 * @param {Promise<{ ok: boolean, status: number, url: string, json: () => Promise<T>, text: () => Promise<string> }>} asked
 * @returns {Promise<T>}
 */
export async function answerOf(asked) {
  const response = await asked
  if (response.ok) return response.json()
  throw new Error(`${response.url} answered ${response.status}: ${(await response.text()).slice(0, 400)}`)
}
