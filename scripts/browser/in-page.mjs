/* global window, document, EventSource, WebSocket */
// What runs inside the page. It is sent there as text, so everything it needs stands in this one function.

/** Gives the page `window.aurora`: the calls that a frontend makes. */
export function install(api) {
  const read = async (response) => ({
    status: response.status,
    body: await response.json().catch(() => null),
    requestId: response.headers.get('x-request-id'),
    remaining: response.headers.get('ratelimit-remaining'),
  })
  const call = (path, { body, token, cookie, ...init } = {}) =>
    fetch(api + path, {
      ...init,
      ...(body && { method: init.method ?? 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      credentials: cookie ? 'include' : 'omit',
    })
  const withDeadline = (what, promise) =>
    Promise.race([
      promise,
      new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} in vain`)), 20_000)),
    ])

  window.aurora = {
    call: async (path, options) => read(await call(path, options)),
    /** What the browser says of a call that it does not let through, or null. */
    refused: async (path, options) => {
      try {
        await call(path, options)
        return null
      } catch (error) {
        return error.name
      }
    },
    cookies: () => document.cookie,
    /** Sends what no preflight stops, with the browser's cookie; nothing of the answer can be read. */
    ride: async (path) => {
      await fetch(api + path, { method: 'POST', mode: 'no-cors', credentials: 'include' })
    },
    /** Opens a WebSocket with nothing but the cookie; answers the first status. */
    greet: () =>
      withDeadline(
        'greeted',
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${api.replace('http', 'ws')}/ws`)
          socket.addEventListener('message', ({ data }) => {
            socket.close()
            resolve(JSON.parse(data).data.status)
          })
          socket.addEventListener('error', () => reject(new Error('the socket was refused')))
        }),
      ),
    /** Reads a stream with `fetch` until an event of that type. */
    follow: (path, token, type) =>
      withDeadline(
        `read ${path}`,
        (async () => {
          const reader = (await call(path, { token })).body.pipeThrough(new TextDecoderStream()).getReader()
          let text = ''
          for (;;) {
            const { done, value } = await reader.read()
            if (done) throw new Error('the stream ended')
            text += value
            if (text.includes(`"type":"${type}"`)) {
              await reader.cancel()
              return true
            }
          }
        })(),
      ),
    /** The same with an EventSource, which has nothing but the cookie. */
    listen: (path, type) =>
      withDeadline(
        `listened to ${path}`,
        new Promise((resolve, reject) => {
          const source = new EventSource(api + path, { withCredentials: true })
          const end = (settle, value) => {
            source.close()
            settle(value)
          }
          source.addEventListener('message', ({ data, lastEventId }) => {
            if (JSON.parse(data).type === type) end(resolve, lastEventId)
          })
          source.addEventListener('error', () => end(reject, new Error('the stream was refused')))
        }),
      ),
    /** Asks over a WebSocket; answers the types of the frames until the run's end. */
    ask: (ticket, query) =>
      withDeadline(
        'asked',
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${api.replace('http', 'ws')}/ws?token=${ticket}`)
          const seen = []
          socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'query', query })))
          socket.addEventListener('message', ({ data }) => {
            const frame = JSON.parse(data)
            seen.push(frame.data?.status ?? frame.data?.code ?? frame.type)
            if (frame.data?.status !== 'END') return
            socket.close()
            resolve({ seen, outcome: frame.data.outcome })
          })
          socket.addEventListener('close', ({ code }) =>
            reject(new Error(`closed with ${code}: ${seen.join(' ')}`)),
          )
        }),
      ),
  }
}
