const most = 2_000_000

/** Sends a request; of an endless stream only the beginning is read. Throws when there is no answer within ten seconds. */
export async function send(url, request) {
  try {
    return await attempt(url, request)
  } catch (error) {
    // The connection was closed by the answer to the request before, such as one that was too large to be read to its end.
    if (error.cause?.code !== 'UND_ERR_SOCKET' && error.cause?.code !== 'ECONNRESET') throw error
    return attempt(url, request)
  }
}

async function attempt(url, { method, path, headers, body }) {
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)])
  const response = await fetch(url + path, { method, headers, body, redirect: 'manual', signal })
  const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? null
  const text = type === 'text/event-stream' ? await beginning(response, stop) : await response.text()
  return { status: response.status, headers: response.headers, type, text: text.slice(0, most) }
}

async function beginning(response, stop) {
  const reader = response.body.getReader()
  const { value } = await reader.read()
  stop.abort()
  await reader.cancel().catch(() => {})
  return new TextDecoder().decode(value)
}
