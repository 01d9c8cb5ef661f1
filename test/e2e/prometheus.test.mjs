/** A real rule of a real Prometheus, directly and through a real Alertmanager, configured with the README's examples. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { filledIn, readmeExamples } from '../../scripts/prometheus/config.mjs'

test('the README shows how to send from Alertmanager and from Prometheus', () => {
  const { receiver, target } = readmeExamples()
  const at = { url: 'http://127.0.0.1:5080', token: 'aw0' }
  assert.deepEqual(filledIn(receiver, at).webhook_configs, [
    { url: 'http://127.0.0.1:5080/api/webhooks/alertmanager/aw0', send_resolved: true },
  ])
  const filled = filledIn(target, at)
  assert.deepEqual([filled.scheme, filled.path_prefix], ['http', '/am/aw0'])
  assert.deepEqual(filled.static_configs, [{ targets: ['127.0.0.1:5080'] }])
})

test('a rule of a real Prometheus opens and resolves an incident on every documented way', (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/prometheus.mjs'], {
    encoding: 'utf8',
    timeout: 240_000,
    killSignal: 'SIGKILL',
  })
  console.log(stdout.trim())
  if (stdout.startsWith('SKIPPED')) return t.skip(stdout.trim())
  assert.equal(status, 0, stderr)
  assert.match(stdout, /5 incidents opened and resolved/)
})
