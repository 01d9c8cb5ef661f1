import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Sends one notification as a monitoring tool does: the same bytes again until somebody answers 2xx.
 * @returns {Promise<{ tries: number }>}
 */
export async function deliver(url, notification, { deadline }) {
  const body = JSON.stringify(notification)
  for (let tries = 1; ; tries++) {
    const status = await postOnce(url, body)
    if (status >= 200 && status < 300) return { tries }
    if (status >= 400 && status < 500 && status !== 429) throw new Error(`A delivery was answered ${status}.`)
    if (Date.now() > deadline)
      throw new Error(`A delivery was never accepted; the last answer was ${status || 'none'}.`)
    await sleep(100)
  }
}

/** The status, or 0 when the server died before it answered. */
async function postOnce(url, body) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(10_000),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

/**
 * Asks once. A person who got no answer to the request does not know whether it arrived, so it is not repeated.
 * @returns {Promise<boolean>} whether the server said that it has the question
 */
export async function askOnce(api, incidentId, question) {
  try {
    await api.post(`/api/incidents/${incidentId}/chat`, { question }, { expect: [202], timeoutMs: 10_000 })
    return true
  } catch (error) {
    if (error.status && error.status < 500) throw error
    return false
  }
}

/** Resolves once. A person who got no answer does not know whether it happened, and looks later. */
export async function resolveOnce(api, incidentId) {
  await api
    .patch(`/api/incidents/${incidentId}`, { status: 'resolved' }, { timeoutMs: 10_000 })
    .catch((error) => {
      if (error.status && error.status < 500) throw error
    })
}
