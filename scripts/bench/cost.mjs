/**
 * What one request costs the platform, from the header `x-aurora-cost`, which is asked for; the dearest of a few samples.
 * @param {string} url
 * @param {() => { method?: string, path: string, headers?: object, body?: object }} next
 * @returns {Promise<{ status: number, body: unknown, cost: { d1: number, stmts: number, read: number, written: number, do: number } | null }>}
 */
export async function sampleCost(url, next, samples = 5) {
  let last = null
  let worst = null
  for (let sample = 0; sample < samples; sample++) {
    const { method = 'GET', path, headers = {}, body } = next()
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...type, 'x-aurora-debug': 'cost' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    last = { status: response.status, body: asJson(await response.text()) }
    const header = response.headers.get('x-aurora-cost')
    if (header === null) continue
    const one = Object.fromEntries(
      header.split(';').map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]),
    )
    worst ??= one
    for (const key of Object.keys(one)) worst[key] = Math.max(worst[key], one[key])
  }
  return { ...last, cost: worst }
}

function asJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
