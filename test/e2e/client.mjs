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

/** A deployment that failed, and four minutes later the alert of its service. */
export async function reportOutage(call, token) {
  const source = { source: 'grafana', name: 'Grafana' }
  const { webhookUrl } = (await call('POST', '/api/integrations', { token, body: source })).body
  const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()
  await call('POST', '/api/changes', {
    token,
    body: {
      service: 'checkout-api',
      job: 'deploy',
      build: 1042,
      result: 'FAILURE',
      finishedAt: minutesAgo(4),
    },
  })
  const labels = { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' }
  const alert = { status: 'firing', labels, annotations: {}, startsAt: minutesAgo(0), fingerprint: 'f1' }
  const delivered = await call('POST', new URL(webhookUrl).pathname, { body: { alerts: [alert] } })
  assert.equal(delivered.status, 202)
}
