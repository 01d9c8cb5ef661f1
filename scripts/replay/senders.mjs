import { withTimes } from './times.mjs'

/** How a payload is sent where the token does not stand in the address, or where a recorded signature cannot be right. */
const ways = {
  pagerduty_events: ({ token }, payload) => ({ payload: { ...payload, routing_key: token } }),
  opsgenie_api: ({ token }, payload) => ({ payload, headers: { authorization: `GenieKey ${token}` } }),
  cloudwatch: (_, { Signature: _signature, ...payload }) => ({ payload }),
}

/** The topics of recorded SNS messages: only of those is anything believed. */
const topicsOf = (name, deliveries) => [
  ...new Set(
    deliveries.filter(({ integration }) => integration === name).map(({ payload }) => payload.TopicArn),
  ),
]

/** The integrations of a case by their names; one that a delivery names and the file does not is of that source. */
export async function integrate(api, { integrations, deliveries }) {
  const named = new Map(Object.entries(integrations))
  for (const { integration } of deliveries)
    if (!named.has(integration)) named.set(integration, { source: integration, settings: {} })
  const senders = new Map()
  for (const [name, { source, settings }] of named) {
    const topics = source === 'cloudwatch' ? { topicArns: topicsOf(name, deliveries) } : {}
    const wanted = { investigate: false, ...topics, ...settings }
    const made = await api.post('/api/integrations', { source, name, settings: wanted })
    if (made.integration.verification === 'required')
      await api.patch(`/api/integrations/${made.integration.id}`, { verification: 'token_only' })
    senders.set(name, { source, token: made.ingestToken, path: new URL(made.webhookUrl).pathname })
  }
  return senders
}

/** Sends one delivery. Throws for one that is refused, with its place in the file. */
export async function deliver(url, sender, { integration, headers, payload }, { place, now }) {
  const recorded = withTimes(payload, now)
  const sent = ways[sender.source]?.(sender, recorded) ?? { payload: recorded }
  const response = await fetch(url + sender.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, ...sent.headers },
    body: JSON.stringify(sent.payload),
  })
  const answer = await response.text()
  if (!response.ok)
    throw new Error(`deliveries.${place} (${integration}) was answered ${response.status}: ${answer.trim()}`)
}

/** What a person should know of deliveries that were not read as a whole; `lost` when one was not read at all. */
export async function remarks(api) {
  const { deliveries } = await api.get('/api/ingest/deliveries?limit=200')
  const lines = deliveries
    .toReversed()
    .flatMap(({ source, state, lastError, errors, outcome }) => [
      ...(state === 'dead' ? [`  ${source}: could not be read: ${lastError}`] : []),
      ...errors.map(({ index, message }) => `  ${source}: item ${index} could not be read: ${message}`),
      ...(outcome?.ignored > 0 ? [`  ${source}: ${outcome.ignored} of an alert that is not open`] : []),
    ])
  return { lines, lost: deliveries.some(({ state }) => state === 'dead') }
}
