import { afterEach, describe, it, vi } from 'vitest'
import { searchedConfluence, searchedNotion } from './fakes/documents'
import { answering, connectedTo } from './fakes/answering'
import { confluence, WIKI } from './fakes/confluence'
import { notion } from './fakes/notion'
import { sharepoint } from './fakes/sharepoint'

afterEach(() => {
  vi.restoreAllMocks()
})

const QUERY = String.raw`Checkout-API" OR type = blogpost \ runbook`

describe('documents', () => {
  it('of Confluence are pages that have some of the words', async ({ expect }) => {
    const { ask, network } = await connectedTo(
      answering(
        confluence,
        searchedConfluence([
          {
            title: '@@@hl@@@Checkout@@@endhl@@@ runbook',
            excerpt: `Drain\n the @@@hl@@@checkout@@@endhl@@@ pods. ${'x'.repeat(500)}`,
            url: '/display/OPS/Checkout',
            lastModified: '2025-11-02T08:00:00.000Z',
          },
          { title: 'Elsewhere', excerpt: '', url: '//evil.example/x' },
        ]),
      ),
    )
    const { status, output } = await ask('confluence_find_documents', { query: QUERY, limit: 5 })
    expect(status).toBe('success')
    expect(output.documents).toEqual([
      {
        title: 'Checkout runbook',
        url: `${WIKI}/display/OPS/Checkout`,
        excerpt: expect.stringMatching(/^Drain the checkout pods\. x{375}…$/),
        updatedAt: '2025-11-02T08:00:00.000Z',
      },
      { title: 'Elsewhere', url: `${WIKI}/evil.example/x`, excerpt: '', updatedAt: null },
    ])
    const { searchParams } = network.seen.at(-1)?.url ?? new URL('https://nowhere.test')
    expect(searchParams.get('limit')).toBe('5')
    const words = ['checkout-api', 'type', 'blogpost', 'runbook']
    const texts = words.map((word) => String.raw`text ~ "\"${word}\""`)
    expect(searchParams.get('cql')).toBe(`type = page AND (${texts.join(' OR ')})`)
  })

  it('of Notion are pages by their titles', async ({ expect }) => {
    const { ask, network } = await connectedTo(
      answering(
        notion,
        searchedNotion([
          {
            url: 'https://www.notion.so/Checkout-1',
            last_edited_time: '2025-11-02T08:00:00.000Z',
            properties: {
              Owner: { type: 'people', people: [] },
              Page: { type: 'title', title: [{ plain_text: 'Checkout ' }, { plain_text: 'runbook' }] },
            },
          },
          { url: 'javascript:alert(1)', properties: {} },
        ]),
      ),
    )
    const { output } = await ask('notion_find_documents', { query: QUERY })
    expect(output.documents).toEqual([
      {
        title: 'Checkout runbook',
        url: 'https://www.notion.so/Checkout-1',
        excerpt: '',
        updatedAt: '2025-11-02T08:00:00.000Z',
      },
      { title: 'Untitled', url: null, excerpt: '', updatedAt: null },
    ])
    expect(JSON.parse(network.seen.at(-1)?.body ?? '')).toEqual({
      query: 'checkout-api type blogpost runbook',
      page_size: 10,
      filter: { property: 'object', value: 'page' },
    })
  })

  it('of SharePoint are its pages and files', async ({ expect }) => {
    const { ask } = await connectedTo(sharepoint)
    const { output } = await ask('sharepoint_find_documents', { query: QUERY })
    expect(output.documents).toEqual([
      {
        title: 'notes.md',
        url: 'https://contoso.sharepoint.com/notes.md',
        excerpt: '"checkout-api" OR "type" OR "blogpost" OR "runbook"',
        updatedAt: null,
      },
    ])
  })

  it('are not asked for without a word to look for', async ({ expect }) => {
    const { tools, network } = await connectedTo(confluence)
    const before = network.seen.length
    const context = { reads: Object(null), now: Date.now(), evidence: [], given: [] }
    const outcome = await tools.run('confluence_find_documents', { query: '"?" \\' }, context)
    expect(outcome).toMatchObject({ kind: 'refused', code: 'invalid_arguments' })
    expect(JSON.stringify(outcome)).toContain('query')
    expect(network.seen.length).toBe(before)
  })
})
