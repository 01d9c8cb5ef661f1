/**
 * Server-sent events of one stream, as parsed JSON, until the signal aborts or the server ends the stream.
 * @param {string} url
 * @param {{ headers?: Record<string, string>, signal: AbortSignal }} options
 */
export async function* readEvents(url, { headers = {}, signal }) {
  const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of response.body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data:'))
        if (data) yield JSON.parse(data.slice(5))
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
