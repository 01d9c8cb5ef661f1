import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { PAGE_ID, sharepoint, sharepointApp, SITE_ID } from './fakes/sharepoint'
import { anOrgFor, captureLogs, errorOf, leaksIn, variablesOf, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  sharepointApp.scope = ''
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Begins a login and consents; answers what the page at Microsoft's redirect would post. */
async function consented(client: Client, products: readonly string[] = []) {
  const authorize = new URL((await client.post('/sharepoint/connect', { products })).body.authUrl)
  return {
    scope: authorize.searchParams.get('scope'),
    posted: {
      code: sharepoint.oauth?.consent(authorize) ?? '',
      state: authorize.searchParams.get('state') ?? '',
    },
  }
}

async function connected(products: readonly string[] = []) {
  const { org, client } = await anOrgFor(sharepoint)
  const answer = await client.post('/sharepoint/connect', (await consented(client, products)).posted)
  return { org, client, answer }
}

describe('/sharepoint', () => {
  it('is connected by the page that posts code and state', async ({ expect }) => {
    const { client, answer } = await connected()
    expect(answer.body).toEqual({
      success: true,
      connected: true,
      userDisplayName: 'Dana',
      userEmail: 'dana@example.com',
    })
    expect(leaksIn(answer.text, sharepoint.secrets)).toEqual([])
    expect((await client.get('/sharepoint/status?validate=true')).body).toEqual({
      connected: true,
      userDisplayName: 'Dana',
      userEmail: 'dana@example.com',
    })
    expect((await client.get('/sharepoint/sites')).body.sites).toHaveLength(110)
    expect((await client.delete('/sharepoint/disconnect')).body).toMatchObject({
      message: 'SharePoint disconnected successfully',
      revocation: 'unsupported',
    })
    expect((await client.get('/sharepoint/status')).body).toEqual({ connected: false })
    expect((await client.get('/sharepoint/sites')).body.code).toBe('not_connected')
  })

  it('asks for rights to read, and connects nothing without them', async ({ expect }) => {
    const { client } = await anOrgFor(sharepoint)
    expect((await consented(client)).scope).toBe(
      'Sites.Read.All Files.Read.All User.Read offline_access openid',
    )
    sharepointApp.scope = 'User.Read offline_access openid'
    const refused = await client.post('/sharepoint/connect', (await consented(client)).posted)
    expect([refused.status, refused.body.details]).toEqual([400, { reason: 'scope_missing' }])
  })

  it('takes a state once, and from its own user', async ({ expect }) => {
    const { org, client } = await anOrgFor(sharepoint)
    const colleague = apiWith(variablesOf(sharepoint), bearer((await org.member('editor')).token))
    const { posted } = await consented(client)
    expect(errorOf(await colleague.post('/sharepoint/connect', posted)).at(-1)).toBe('OAuth state mismatch')
    expect(errorOf(await client.post('/sharepoint/connect', posted)).at(-1)).toBe(
      'Invalid or expired OAuth state',
    )
    expect(errorOf(await client.post('/sharepoint/connect', { code: 'x' })).at(-1)).toBe(
      'Missing OAuth state parameter',
    )
    expect(network.seen).toEqual([])
  })

  it('searches, and reads pages and text documents', async ({ expect }) => {
    const { client } = await connected()
    const found = await client.post('/sharepoint/search', { query: 'drain', site_id: SITE_ID })
    expect(found.body).toEqual({
      count: 1,
      results: [
        {
          id: '01TEXT',
          type: 'driveItem',
          name: 'notes.md',
          webUrl: 'https://contoso.sharepoint.com/notes.md',
          summary: '(drain) SiteId:aaaaaaaa-0000-4000-8000-000000000001',
          lastModified: null,
          siteId: SITE_ID,
          driveId: 'b!drive',
        },
      ],
    })
    const page = { siteId: SITE_ID, pageId: PAGE_ID }
    expect((await client.post('/sharepoint/fetch-page', page)).body).toEqual({
      ...page,
      title: 'Runbook',
      webUrl: 'https://contoso.sharepoint.com/sites/1/SitePages/runbook.aspx',
      markdown: '## Steps\n\nDrain & restart.',
    })
    const document = { drive_id: 'b!drive', item_id: '01TEXT' }
    expect((await client.post('/sharepoint/fetch-document', document)).body).toEqual({
      id: '01TEXT',
      name: 'notes.md',
      mimeType: 'text/markdown',
      webUrl: null,
      text: '# Notes\nDrain',
    })
    const word = await client.post('/sharepoint/fetch-document', { driveId: 'b!drive', itemId: '01WORD' })
    expect([word.status, word.body.code, word.body.hint]).toEqual([
      400,
      'unsupported_on_platform',
      expect.any(String),
    ])
  })

  it('says what is missing, and refuses what would lead elsewhere', async ({ expect }) => {
    const { client } = await connected()
    const asked = network.seen.length
    const say = async (path: string, form: object) =>
      errorOf(await client.post(`/sharepoint/${path}`, form)).at(-1)
    expect(await say('search', {})).toBe('Search query is required')
    expect(await say('fetch-page', { siteId: SITE_ID })).toBe('siteId and pageId are required')
    expect(await say('fetch-page', { siteId: '..', pageId: '../me' })).toBe('siteId and pageId are required')
    expect(await say('fetch-page', { siteId: '..', pageId: PAGE_ID })).toBe('siteId and pageId are required')
    expect(await say('fetch-document', { driveId: 'a/b', itemId: 'c' })).toBe(
      'driveId and itemId are required',
    )
    expect(await say('create-page', { title: 'x' })).toBe('title and content are required')
    expect(network.seen).toHaveLength(asked)
  })

  it('writes a page only when the login granted it', async ({ expect }) => {
    const page = { title: 'Post mortem', content: '# What\nIt *broke*.' }
    const reader = await connected()
    const refused = await reader.client.post('/sharepoint/create-page', page)
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_permission'])
    const { client } = await connected(['pages'])
    const made = await client.post('/sharepoint/create-page', page)
    expect([made.status, made.body]).toEqual([
      201,
      { success: true, siteId: 'root', pageId: PAGE_ID, title: 'Post mortem', webUrl: null },
    ])
    expect(network.seen.at(-1)?.body).toContain('<h1>What</h1>')
  })
})
