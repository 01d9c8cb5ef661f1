/* oxlint-disable typescript/no-floating-promises -- what describe and it return is awaited by the test runner */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))

function start(port) {
  return spawnSync(process.execPath, [script], {
    env: { ...process.env, PORT: String(port), NODE_OPTIONS: '' },
    encoding: 'utf8',
    timeout: 20_000,
  })
}

describe('npm start', () => {
  it('says in a sentence that the port is taken, and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address()
    const { status, stderr } = start(port)
    await promisify(other.close.bind(other))()
    assert.equal(status, 1)
    assert.match(
      stderr,
      new RegExp(`^\\nPort ${port} is taken by another program.*PORT=${port + 1} npm start\\n\\n$`),
    )
  })

  it('refuses a port that is not a number', () => {
    const { status, stderr } = start('abc')
    assert.equal(status, 1)
    assert.equal(stderr, '\nPORT must be a number from 1 to 65535, not "abc".\n\n')
  })
})
