import { Agent, request } from 'node:http'
import { waitFor } from './wait-for.mjs'

const agent = new Agent({ keepAlive: false, maxSockets: Infinity })

/**
 * Opens an event stream. `got` resolves with the time (ms) at which an event with that text arrived.
 * @returns {Promise<{ got: (text: string) => Promise<number>, close: () => void }>}
 */
export function openStream(url, path, token) {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, {
      agent,
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      if (response.statusCode !== 200)
        return response
          .on('data', (text) => reject(new Error(`${response.statusCode}: ${text}`)))
          .setEncoding('utf8')
      const told = waitFor(response)
      response.setEncoding('utf8')
      response.on('data', told.take)
      response.on('error', () => {})
      resolve({ got: told.got, close: () => sent.destroy() })
    })
    sent.end()
  })
}
