import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { rowsOf, seedStory } from '../support/stories'
import { fakes } from './fakes'
import { atlassian, atlassianApp, endGrants, SITE } from './fakes/atlassian'
import { confluence, WIKI } from './fakes/confluence'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  atlassianApp.scope = ''
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const CONTENT = `# Postmortem: Checkout & "payments" <b>down</b>

| | |
|---|---|
| Date | 2026-05-04 |

## Summary

The pool of \`checkout-api\` was exhausted [1].

- [x] **Raise the limit**: see [the runbook](https://example.com/?a=1&b=2)`

async function aPostmortem(orgId: string) {
  const { id } = await seedStory(orgId)
  await rowsOf(
    "INSERT INTO postmortems (id, org_id, incident_id, state, requested_at, content, generated_at) VALUES (?, ?, ?, 'ready', 0, ?, ?)",
    newId(),
    orgId,
    id,
    CONTENT,
    Date.UTC(2026, 4, 4),
  )
  return { id, at: `/api/incidents/${id}/postmortem` }
}

async function login(client: Client, products: readonly string[]) {
  const authorize = new URL((await client.post('/atlassian/connect', { products })).body.authUrl)
  return client.post('/atlassian/connect', {
    code: atlassian.oauth?.consent(authorize),
    state: authorize.searchParams.get('state'),
  })
}

const exported = (client: Client, at: string, spaceKey = 'OPS', parentPageId?: string) =>
  client.post(`${at}/export/confluence`, { spaceKey, parentPageId })

describe('a postmortem in Confluence', () => {
  it('is a page of its own, and its next version when it is exported again', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    await login(client, ['confluence_export'])
    const { id, at } = await aPostmortem(org.orgId)
    const first = await exported(client, at, 'OPS', '42')
    const { pageId } = first.body
    const pageUrl = `${SITE}/wiki/spaces/OPS/pages/${pageId}`
    expect([first.status, first.body]).toEqual([200, { success: true, pageUrl, pageId }])
    const page = atlassianApp.pages.get(pageId)
    expect(page).toMatchObject({
      title: `Postmortem: Checkout & "payments" <b>down</b> (2026-05-04, ${id.slice(-8)})`,
      version: 1,
      parentId: '42',
    })
    expect(page?.value).toContain(
      '<h2>Summary</h2>\n<p>The pool of <code>checkout-api</code> was exhausted [1].</p>',
    )
    expect(page?.value).toContain('<a href="https://example.com/?a=1&amp;b=2">the runbook</a>')
    expect((await client.get(at)).body.postmortem).toMatchObject({
      confluencePageId: pageId,
      confluencePageUrl: pageUrl,
      confluenceExportedAt: expect.any(String),
    })
    await client.patch(at, { content: '# Postmortem: Again\n\nShort.' })
    expect((await exported(client, at)).body).toEqual({ success: true, pageUrl, pageId })
    expect(atlassianApp.pages.get(pageId)).toMatchObject({ value: '<p>Short.</p>', version: 2 })
    atlassianApp.pages.delete(pageId)
    const third = await exported(client, at)
    expect([third.status, atlassianApp.pages.has(third.body.pageId)]).toEqual([200, true])
    const { results } = await env.DB.prepare(
      "SELECT event FROM audit_log WHERE org_id = ? AND event IN ('connector.write', 'postmortem.export')",
    )
      .bind(org.orgId)
      .all()
    expect(results).toHaveLength(6)
  })

  it('goes to a server of one’s own as well, whose own words for its address do not count', async ({
    expect,
  }) => {
    const { org, client } = await anOrgFor(confluence)
    await client.post('/api/connectors/confluence/connect', confluence.form?.good)
    const { at } = await aPostmortem(org.orgId)
    expect((await exported(client, at)).body).toEqual({
      success: true,
      pageId: '4712',
      pageUrl: `${WIKI}/x/evil`,
    })
  })

  it('says in the words of this path why it is not there', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    const { at } = await aPostmortem(org.orgId)
    const say = async (space?: string) => {
      const { status, body } = await exported(client, at, space)
      return [status, body.code, body.error]
    }
    expect(await say()).toEqual([404, 'not_found', 'Confluence not connected'])
    await login(client, ['confluence'])
    expect((await say()).slice(0, 2)).toEqual([403, 'insufficient_permission'])
    await login(client, ['confluence_export'])
    expect(await say('NONE')).toEqual([400, 'no_resources', 'Space not found in Confluence'])
    network.trouble = 'error'
    expect(await say()).toEqual([502, 'upstream_error', 'Failed to export to Confluence'])
    network.trouble = null
    await login(client, ['confluence_export'])
    endGrants()
    expect(await say()).toEqual([409, 'conflict', 'Confluence credentials expired'])
    expect((await client.get(at)).body.postmortem.confluencePageId).toBeNull()
  })
})
