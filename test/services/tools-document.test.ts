import { describe, it } from 'vitest'
import document from '../../docs/tools.md?raw'
import { PROVIDERS } from '../../src/agent/providers'
import { tools } from '../../src/agent/tools'
import { connectors } from '../../src/connectors'
import { writeTools } from '../../src/services/approvals/write-tools'

const rows = document.split('\n').filter((line) => line.startsWith('| '))

describe('the list of tools', () => {
  it('has every tool of our own, and every one that writes', ({ expect }) => {
    const missing = [...tools, ...writeTools].filter(
      ({ name }) => !rows.some((row) => row.startsWith(`| \`${name}\` |`)),
    )
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  it('has every verb of every system that can be connected', ({ expect }) => {
    // A new operation wants its verb in the table of docs/tools.md.
    const missing = connectors.flatMap(({ id, toolsAs = id, operations }) => {
      const row = rows.find((line) => line.includes(`| \`${toolsAs}_\` |`)) ?? ''
      return operations.flatMap(({ name }) => (row.includes(`\`${name}\``) ? [] : [`${toolsAs}_${name}`]))
    })
    expect(missing).toEqual([])
  })
})

describe('the list of status pages', () => {
  it('has each host once, and words in small letters', ({ expect }) => {
    const all = Object.values(PROVIDERS)
    expect(new Set(all.map(({ host }) => host)).size).toBe(all.length)
    expect(all.flatMap(({ words }) => words).filter((word) => word !== word.toLowerCase())).toEqual([])
  })
})
