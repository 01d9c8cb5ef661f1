/* oxlint-disable typescript/no-floating-promises -- what describe and it return is awaited by the test runner */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ensureSecrets } from '../../scripts/lib/secrets.mjs'

describe('local secrets', () => {
  let folder
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'aurora-secrets-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('are made on the first start, 32 random bytes each, readable by their owner alone', () => {
    const file = join(folder, 'first')
    assert.deepEqual(ensureSecrets(file), [
      'JWT_SECRET',
      'CONNECTOR_MASTER_KEY',
      'INTERNAL_API_SECRET',
      'GOOGLE_CLIENT_ID',
      'GOOGLE_CLIENT_SECRET',
    ])
    const values = [...readFileSync(file, 'utf8').matchAll(/^(?!GOOGLE)\w+="(.+)"$/gm)].map((it) => it[1])
    assert.deepEqual(
      values.map((value) => Buffer.from(value, 'base64').length),
      [32, 32, 32],
    )
    assert.equal(new Set(values).size, 3)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('name a master key that shows that it is for development, and a placeholder of a Google client', () => {
    const file = join(folder, 'development')
    ensureSecrets(file)
    const text = readFileSync(file, 'utf8')
    const [, master = ''] = /^CONNECTOR_MASTER_KEY="(.+)"$/m.exec(text) ?? []
    assert.match(Buffer.from(master, 'base64').toString('latin1'), /^development-only/)
    assert.match(text, /^GOOGLE_CLIENT_ID="placeholder\.apps\.googleusercontent\.com"$/m)
  })

  it('are never made again', () => {
    const file = join(folder, 'again')
    ensureSecrets(file)
    const first = readFileSync(file, 'utf8')
    assert.deepEqual(ensureSecrets(file), [])
    assert.equal(readFileSync(file, 'utf8'), first)
  })

  it('are added to a file that lacks some, whose other lines stay as they are', () => {
    const file = join(folder, 'partial')
    const before = '# mine\nLLM_API_KEY=abc\nGOOGLE_CLIENT_ID=own\nGOOGLE_CLIENT_SECRET=own\nJWT_SECRET=kept'
    writeFileSync(file, before)
    assert.deepEqual(ensureSecrets(file), ['CONNECTOR_MASTER_KEY', 'INTERNAL_API_SECRET'])
    assert.match(
      readFileSync(file, 'utf8'),
      /^# mine\nLLM_API_KEY=abc\nGOOGLE_CLIENT_ID=own\nGOOGLE_CLIENT_SECRET=own\nJWT_SECRET=kept\nCONNECTOR_MASTER_KEY="/,
    )
  })

  it('do not count when they are only named in a comment', () => {
    const file = join(folder, 'comment')
    writeFileSync(file, '# JWT_SECRET=old\n')
    assert.ok(ensureSecrets(file).includes('JWT_SECRET'))
  })
})
