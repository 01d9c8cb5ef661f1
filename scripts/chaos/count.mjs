/**
 * Compares what was accepted with what is stored and what was received.
 * @param {D1Database} db
 * @param {{ alerts: Set<string>, services: string[], accepted: Set<string>, asked: Set<string> }} told `alerts` are the
 *   fingerprints that were answered 2xx; `asked` all questions that were sent, `accepted` those that were answered 202
 * @param {Map<string, { type: string, subject: string }>} received notifications by their ids
 * @returns {Promise<{ name: string, expected: number, found: number, lost: number, doubled: number }[]>}
 */
export async function countEverything(db, told, received) {
  const all = async (sql) => (await db.prepare(sql).all()).results
  return [
    tally('alerts stored', [...told.alerts], await all('SELECT dedup_key AS key FROM alerts')),
    tally(
      'alerts opened once',
      [...told.alerts],
      await all(
        "SELECT a.dedup_key AS key FROM alert_events e JOIN alerts a ON a.id = e.alert_id WHERE e.effect = 'opened'",
      ),
    ),
    tally(
      'alerts in an incident',
      [...told.alerts],
      await all('SELECT a.dedup_key AS key FROM incident_alerts m JOIN alerts a ON a.id = m.alert_id'),
    ),
    tally('incidents', told.services, await all('SELECT alert_service AS key FROM incidents')),
    tally(
      'investigations finished',
      told.services,
      await all(
        "SELECT i.alert_service AS key FROM runs r JOIN incidents i ON i.id = r.incident_id WHERE r.kind = 'investigation' AND r.state = 'succeeded'",
      ),
    ),
    tally(
      'investigations in all',
      told.services,
      await all(
        "SELECT i.alert_service AS key FROM runs r JOIN incidents i ON i.id = r.incident_id WHERE r.kind = 'investigation'",
      ),
    ),
    once('thoughts', await all('SELECT run_id, step, content FROM incident_thoughts')),
    once(
      'tool calls',
      (await all('SELECT run_id, tool_call_key, tool, command FROM evidence')).map(withoutIteration),
    ),
    once(
      'paid calls of a language model',
      await all("SELECT run_id, step, iteration FROM llm_usage WHERE outcome = 'ok'"),
    ),
    none(
      'calls set aside for ever',
      await all(
        "SELECT l.id FROM llm_ledger l JOIN runs r ON r.id = l.run_id WHERE l.state = 'reserved' AND r.ended_at IS NOT NULL",
      ),
    ),
    once('suggestions', await all('SELECT run_id, title FROM incident_suggestions')),
    once('numbers of evidence', await all('SELECT incident_id, number FROM evidence')),
    ...(await Promise.all(['thought', 'citation', 'suggestion'].map((type) => streamed(all, type)))),
    ...(await notifications(all, told, received)),
    await postmortems(all),
    tally(
      'questions stored',
      [...told.accepted],
      await all("SELECT text AS key FROM chat_messages WHERE sender = 'user'").then(ofKnown(told.asked)),
    ),
    ...(await answers(all, told)),
  ]
}

/** What the live streams tell of a row, they tell once. */
async function streamed(all, type) {
  const events = await all(
    `SELECT incident_id, json_extract(event, '$.${type}.id') AS id FROM feed_events WHERE json_extract(event, '$.type') = '${type}'`,
  )
  return once(`${type}s in the streams`, events)
}

/**
 * One message for each thing that happened. A receiver may get one again whose sender was killed before it wrote down that
 * it was sent; under the same id, so that is no second message.
 */
async function notifications(all, { services }, received) {
  const rows = await all(
    'SELECT n.id AS key, n.event, n.state, i.alert_service AS service FROM notification_deliveries n JOIN incidents i ON i.id = n.incident_id',
  )
  const told = (event) => rows.filter((row) => row.event === event).map(({ service: key }) => ({ key }))
  const sent = rows.filter(({ state }) => state === 'sent').map(({ key }) => key)
  return [
    ...['incident.opened', 'investigation.started', 'investigation.completed'].map((event) =>
      tally(`notifications, ${event}`, services, told(event)),
    ),
    none(
      'notifications that did not go out',
      rows.filter(({ state }) => state !== 'sent'),
    ),
    tally(
      'notifications received, by id',
      sent,
      [...received.keys()].map((key) => ({ key })),
    ),
    once(
      'notifications received, by what they tell',
      [...received.values()].map(({ type, subject }) => ({ type, subject })),
    ),
  ]
}

/** Every incident that was resolved has one postmortem, in one version. */
async function postmortems(all) {
  const resolved = await all("SELECT id AS key FROM incidents WHERE status = 'resolved'")
  return tally(
    'postmortems',
    resolved.map(({ key }) => key),
    await all('SELECT incident_id AS key FROM postmortem_versions'),
  )
}

const ofKnown = (known) => (rows) => rows.filter(({ key }) => known.has(key))

/** Every stored question, told to be accepted or not, has exactly one finished answer. */
async function answers(all, told) {
  const stored = await all("SELECT text AS key, session_id FROM chat_messages WHERE sender = 'user'").then(
    ofKnown(told.asked),
  )
  const answered = await all(
    `SELECT q.text AS key FROM chat_messages q JOIN chat_messages a ON a.session_id = q.session_id
     WHERE q.sender = 'user' AND a.sender = 'assistant' AND a.is_completed = 1 AND a.message_number > q.message_number`,
  ).then(ofKnown(told.asked))
  const keys = stored.map(({ key }) => key)
  return [tally('questions answered', [...new Set(keys)], answered)]
}

/** Expected keys against found rows: missing ones are lost, further rows of one key are doubled. */
function tally(name, expected, rows) {
  const counts = new Map()
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0) + 1)
  const lost = expected.filter((key) => !counts.has(key)).length
  const doubled = [...counts.values()].reduce((sum, count) => sum + count - 1, 0)
  return { name, expected: expected.length, found: rows.length, lost, doubled }
}

/**
 * `tools:2:0` becomes `tools`: a step that ran again would call the same tool in another iteration. An alert that joined
 * (`news:4`) is a cause of its own to look again.
 */
const withoutIteration = ({ tool_call_key: key, ...row }) => ({
  ...row,
  cause: key.replace(/^(?!news)(\w+):.*/, '$1'),
})

/** Rows of which there should be none. */
const none = (name, rows) => ({ name, expected: 0, found: rows.length, lost: 0, doubled: rows.length })

/** Rows that a step writes: the same row twice in one step of a run means that it ran again after it was finished. */
function once(name, rows) {
  const all = rows.map((row) => JSON.stringify(row))
  const repeated = all.filter((row, index) => all.indexOf(row) !== index)
  for (const row of repeated) console.log(`  twice: ${row}`)
  return {
    name: `${name}, each once`,
    expected: all.length - repeated.length,
    found: all.length,
    lost: 0,
    doubled: repeated.length,
  }
}
