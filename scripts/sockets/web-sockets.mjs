import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { waitFor } from './wait-for.mjs'

const agent = new Agent({ keepAlive: false, maxSockets: Infinity })

/** A frame as clients send it (RFC 6455, section 5.2): masked, of at most 125 bytes. */
function frame(opcode, text) {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const masked = payload.map((byte, index) => byte ^ mask[index % 4])
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked])
}

/**
 * Opens a WebSocket with a session token. `got` resolves with the time (ms) at which a frame with that text arrived; what
 * came before the last `forget` does not count. `kill` ends the connection without a word, as a dead client does.
 */
export function openWebSocket(url, path, token) {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, {
      agent,
      headers: {
        authorization: `Bearer ${token}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    sent.on('error', reject)
    sent.on('response', ({ statusCode }) => reject(new Error(`no socket: ${statusCode}`)))
    sent.on('upgrade', (_response, socket, head) => {
      socket.on('error', () => {})
      const told = waitFor(socket)
      told.take(head.toString('latin1'))
      socket.on('data', (bytes) => told.take(bytes.toString('latin1')))
      resolve({
        got: told.got,
        forget: told.forget,
        send: (value) => socket.write(frame(1, JSON.stringify(value))),
        close: () => socket.end(frame(8, '')),
        kill: () => socket.destroy(),
      })
    })
    sent.end()
  })
}
