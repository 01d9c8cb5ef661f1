/** Talks to a server of wrangler's test harness. */
import assert from 'node:assert/strict'

/** Calls the API; answers status and body. */
export async function callAt(server, method, path, { token, body } = {}) {
  const response = await server.fetch(path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

/** Asks until `good` holds. */
export async function until(ask, good, patienceMs = 20_000) {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    assert.ok(Date.now() < deadline, `still not there: ${JSON.stringify(answer).slice(0, 500)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
