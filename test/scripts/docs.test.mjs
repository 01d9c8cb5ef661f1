import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'

test('docs/storage.md names every table', async () => {
  const docs = await readFile('docs/storage.md', 'utf8')
  const files = (await readdir('drizzle/schema')).map((name) => readFile(`drizzle/schema/${name}`, 'utf8'))
  const tables = (await Promise.all(files)).flatMap((text) =>
    Array.from(text.matchAll(/sqliteTable\(\s*'(\w+)'/g), ([, name]) => name),
  )
  assert.ok(tables.length > 20)
  assert.deepEqual(
    tables.filter((name) => !docs.includes(`\`${name}\``)),
    [],
  )
})
