import { once } from 'node:events'
import { connect } from 'node:net'

const endOfHead = Buffer.from('\r\n\r\n')
const lastChunk = '0\r\n\r\n'

/**
 * One keep-alive HTTP/1.1 connection that sends prepared bytes and reads only what it must. Node's own clients cost more
 * processor time a request than the server that is measured here.
 */
export class Connection {
  #socket
  #chunks = []
  #size = 0
  #total = null
  #status = 0
  #finish = null

  static async open(port) {
    const connection = new Connection()
    connection.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    connection.#socket.on('data', (chunk) => connection.#read(chunk))
    connection.#socket.on('error', () => connection.#end(0))
    connection.#socket.on('close', () => connection.#end(0))
    await once(connection.#socket, 'connect')
    return connection
  }

  /** Sends one request; resolves to its status, 0 when the connection broke. */
  send(bytes) {
    this.#chunks = []
    this.#size = 0
    this.#total = null
    return new Promise((resolve) => {
      this.#finish = resolve
      this.#socket.write(bytes)
    })
  }

  close() {
    this.#socket.destroy()
  }

  #end(status) {
    this.#finish?.(status)
    this.#finish = null
  }

  #read(chunk) {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#total === null) this.#readHead()
    if (this.#total === null) return
    const isWhole = this.#total >= 0 ? this.#size >= this.#total : this.#endsWithLastChunk()
    if (isWhole) this.#end(this.#status)
  }

  /** Sets the length of the whole answer: a number, or -1 when it comes in chunks. */
  #readHead() {
    const [bytes] = this.#chunks.length === 1 ? this.#chunks : [Buffer.concat(this.#chunks)]
    const end = bytes.indexOf(endOfHead)
    if (end < 0) return
    const head = bytes.latin1Slice(0, end)
    this.#status = Number(head.slice(9, 12))
    const length = /^content-length: *(\d+)/im.exec(head)
    if (length) this.#total = end + 4 + Number(length[1])
    else this.#total = /^transfer-encoding: *chunked/im.test(head) ? -1 : end + 4
  }

  #endsWithLastChunk() {
    const tail = this.#chunks.at(-1)
    const bytes = tail.length >= lastChunk.length ? tail : Buffer.concat(this.#chunks.slice(-2))
    return bytes.latin1Slice(-lastChunk.length) === lastChunk
  }
}

/** The bytes of one request. */
export function requestBytes({ method = 'GET', path, headers = {}, body }) {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (text) lines.push('content-type: application/json')
  if (method !== 'GET') lines.push(`content-length: ${Buffer.byteLength(text)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)
}
