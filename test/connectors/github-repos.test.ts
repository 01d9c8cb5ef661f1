import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import { github } from './fakes/github'
import { plugIn } from './fakes/network'
import { anOrgFor, captureLogs, connect, variablesOf } from './support'

beforeEach(() => {
  captureLogs()
  plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const errorOf = ({ status, body }: { status: number; body: { error: string } }) => [status, body.error]

describe('the repositories of GitHub', () => {
  it('are listed over all pages, with their branches', async ({ expect }) => {
    const { client } = await anOrgFor(github)
    expect((await client.get('/github/user-repos')).body.code).toBe('not_connected')
    await connect(github, client)
    const { repos } = (await client.get('/github/user-repos')).body
    expect(repos).toHaveLength(130)
    expect(repos[0]).toEqual({ id: 1, full_name: 'example/repo-1', private: true, default_branch: 'main' })
    expect((await client.get('/github/user-branches/example/repo-1')).body).toEqual({
      branches: [{ name: 'main', sha: 'a1', protected: true }],
    })
    const invalid = [400, 'Invalid repository identifier']
    expect(errorOf(await client.get('/github/user-branches/example/a%2Fb'))).toEqual(invalid)
    expect(errorOf(await client.get('/github/user-branches/example/%2e%2e%20'))).toEqual(invalid)
    expect((await client.get('/github/user-branches/example/none')).body.code).toBe('no_resources')
  })
})

describe('the choice of repositories', () => {
  const path = '/github/repo-selections'
  const names = (body: { repositories: { repo_full_name: string }[] }) =>
    body.repositories.map(({ repo_full_name }) => repo_full_name)

  it('is replaced as a whole and keeps what was written about those that stay', async ({ expect }) => {
    const { client } = await anOrgFor(github)
    const first = await client.post(path, {
      repositories: [
        { full_name: 'example/a', id: 7, private: true, default_branch: 'main', html_url: 'https://x' },
        { full_name: 'example/b' },
        { name: 'nameless' },
      ],
    })
    expect(first.body).toEqual({ message: 'Repository selections saved', added: 2, removed: 0 })
    expect((await client.put(`${path}/example/a/metadata`, { metadata_summary: 'The shop' })).body).toEqual({
      message: 'Repository metadata updated',
    })
    expect((await client.put(`${path}/example/a/change-gating`, { enabled: true })).body).toEqual({
      repo_full_name: 'example/a',
      change_gating_enabled: true,
    })
    const again = await client.put('/github/repo-selection', {
      repositories: [{ full_name: 'example/a' }, { full_name: 'example/c' }],
    })
    expect(again.body).toMatchObject({ added: 1, removed: 1 })
    const { body } = await client.get('/github/repo-selection')
    expect(names(body)).toEqual(['example/a', 'example/c'])
    expect(body.repositories[0]).toEqual({
      repo_full_name: 'example/a',
      repo_id: '7',
      default_branch: 'main',
      is_private: true,
      metadata_summary: 'The shop',
      metadata_status: 'ready',
      repo_data: { html_url: 'https://x' },
      created_at: expect.any(String),
      installation_id: null,
      auth_method: 'oauth',
      change_gating_enabled: true,
    })
    expect((await client.delete(path)).body).toEqual({ message: 'All repository selections cleared' })
    expect((await client.get(path)).body).toEqual({ repositories: [] })
  })

  it('says what is wrong in the documented words', async ({ expect }) => {
    const { client } = await anOrgFor(github)
    const say = async (form: object) => errorOf(await client.post(path, form))
    expect(await say({})).toEqual([400, 'repositories must be an array'])
    expect(await say({ repositories: 'example/a' })).toEqual([400, 'repositories must be an array'])
    expect(await say({ repositories: [{ name: 'a' }, 7, { full_name: '../..' }] })).toEqual([
      400,
      'No valid repositories in request (all missing full_name)',
    ])
    expect(errorOf(await client.put(`${path}/example/a/metadata`, { metadata_summary: 'x' }))).toEqual([
      404,
      'Repository not found',
    ])
    // What changed nothing is no entry.
    const { entries } = (await client.get('/api/audit-log')).body
    expect(entries.map(({ event }: { event: string }) => event)).not.toContain('connector.selection')
  })

  it('takes five hundred, and belongs to its organisation', async ({ expect }) => {
    const { client, org } = await anOrgFor(github)
    const repositories = Array.from({ length: 500 }, (_, index) => ({ full_name: `example/r${index}` }))
    expect((await client.post(path, { repositories })).body).toMatchObject({ added: 500 })
    const other = await anOrgFor(github)
    expect((await other.client.get(path)).body).toEqual({ repositories: [] })
    await other.client.delete(path)
    expect((await client.get(path)).body.repositories).toHaveLength(500)
    const viewer = apiWith(variablesOf(github), bearer((await org.member('viewer')).token))
    expect((await viewer.get(path)).status).toBe(200)
    expect((await viewer.delete(path)).status).toBe(403)
    expect((await viewer.put(`${path}/example/r1/change-gating`, { enabled: true })).status).toBe(403)
  })
})
