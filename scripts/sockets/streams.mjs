import { Agent, request } from 'node:http'

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
      let seen = ''
      let waiting = null
      const look = () => {
        if (waiting === null || !seen.includes(waiting.text)) return
        waiting.resolve(performance.now())
        waiting = null
      }
      response.setEncoding('utf8')
      response.on('data', (text) => {
        seen += text
        look()
      })
      response.on('error', () => {})
      resolve({
        got: (text) =>
          new Promise((arrived, failed) => {
            waiting = { text, resolve: arrived }
            response.once('close', () => failed(new Error('a stream ended')))
            look()
          }),
        close: () => sent.destroy(),
      })
    })
    sent.end()
  })
}
