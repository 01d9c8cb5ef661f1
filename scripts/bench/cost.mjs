/**
 * What one request costs the platform, from the header `x-aurora-cost`; the dearest of a few samples.
 * @param {string} url
 * @param {() => { method?: string, path: string, headers?: object, body?: object }} next
 * @returns {Promise<{ d1: number, stmts: number, read: number, written: number, do: number } | null>}
 */
export async function sampleCost(url, next, samples = 5) {
  let worst = null
  for (let sample = 0; sample < samples; sample++) {
    const { method = 'GET', path, headers = {}, body } = next()
    const response = await fetch(url + path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`)
    const header = response.headers.get('x-aurora-cost')
    if (header === null) return null
    const one = Object.fromEntries(
      header.split(';').map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]),
    )
    worst ??= one
    for (const key of Object.keys(one)) worst[key] = Math.max(worst[key], one[key])
  }
  return worst
}
