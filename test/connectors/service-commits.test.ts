import { afterEach, describe, it, vi } from 'vitest'
import { addRepos } from '../../src/store/connected-repos'
import { answering, connectedTo } from './fakes/answering'
import { bitbucket } from './fakes/bitbucket'
import { json, type Seen } from './fakes/fake'
import { github } from './fakes/github'
import { gitlab } from './fakes/gitlab'

afterEach(() => {
  vi.restoreAllMocks()
})

const UNTIL = '2026-01-01T09:58:30.000Z'
const DEPLOYMENTS = [
  { sha: 'ccc3', created_at: '2026-01-01T10:30:00Z' },
  { sha: 'bbb2', created_at: '2026-01-01T09:58:00Z' },
  { sha: 'bbb2', created_at: '2026-01-01T09:50:00Z' },
  { sha: 'aaa1', created_at: '2025-12-31T09:00:00Z' },
]

const githubCommit = (sha: string, minute: number) => ({
  sha,
  commit: {
    message: `Change ${sha}\n\nand why`,
    author: { name: 'Dana', date: `2026-01-01T09:${minute}:00Z` },
  },
  author: sha === 'bbb2' ? { login: 'dana' } : null,
})

const answerGithub = ({ url }: Seen): Response | null => {
  const path = url.pathname.replace('/repos/acme/shop', '')
  if (path === '/deployments') return json(url.searchParams.get('environment') === 'test' ? [] : DEPLOYMENTS)
  // Oldest first, as a comparison has them.
  if (path === '/compare/aaa1...bbb2')
    return json({
      total_commits: 2,
      commits: [githubCommit('bbb1', 10), githubCommit('bbb2', 40)],
      files: [],
    })
  if (path === '/compare/000...bbb2') return json({ total_commits: 0, commits: [] })
  return path === '/commits' ? json([githubCommit(url.searchParams.get('sha') ?? 'tip', 20)]) : null
}

const answerGitlab = ({ url }: Seen): Response | null => {
  const path = decodeURIComponent(url.pathname.replace('/gitlab/api/v4/projects/', ''))
  const { searchParams: query } = url
  if (path === 'acme/shop/deployments') return json(DEPLOYMENTS)
  if (path !== 'acme/shop/repository/compare') return null
  const isRight = query.get('from') === 'aaa1' && query.get('to') === 'bbb2'
  const commit = {
    id: 'bbb2',
    title: 'Fix',
    author_name: 'Dana',
    created_at: '2026-01-01T09:40:00.000+00:00',
  }
  return json({ commits: isRight ? [commit] : [] })
}

const asked = { service: 'shop', repository: 'https://github.com/acme/shop.git', until: UNTIL }

describe('the commits of a deployment', () => {
  it('are those since the deployment before it, newest first', async ({ expect }) => {
    const { ask, network } = await connectedTo(answering(github, answerGithub))
    expect(await ask('github_service_commits', asked)).toEqual({
      status: 'success',
      output: {
        shape: 'commits',
        service: 'shop',
        repository: 'acme/shop',
        found: 'change',
        base: 'aaa1',
        head: 'bbb2',
        since: null,
        total: 2,
        commits: [
          { sha: 'bbb2', author: 'dana', at: '2026-01-01T09:40:00Z', title: 'Change bbb2' },
          { sha: 'bbb1', author: 'Dana', at: '2026-01-01T09:10:00Z', title: 'Change bbb1' },
        ],
      },
    })
    expect(network.strays).toEqual([])
  })

  it('are known to be none, and without a deployment those of the day before', async ({ expect }) => {
    const { ask } = await connectedTo(answering(github, answerGithub))
    expect(await ask('github_service_commits', { ...asked, base: '000', head: 'bbb2' })).toMatchObject({
      status: 'success',
      output: { total: 0, commits: [] },
    })
    const { output } = await ask('github_service_commits', { ...asked, environment: 'test', head: 'fff' })
    expect(output).toMatchObject({
      base: null,
      head: 'fff',
      since: '2025-12-31T09:58:30.000Z',
      commits: [{ sha: 'fff' }],
    })
  })

  it('are of the chosen repository with the name of the service where the change names none of this host', async ({
    expect,
  }) => {
    const { ask, db, org } = await connectedTo(answering(github, answerGithub))
    const elsewhere = { ...asked, repository: 'https://jenkins.example.com/job/deploy/1042' }
    expect(await ask('github_service_commits', elsewhere)).toEqual({ status: 'empty', output: null })
    const chosen = { userId: org.userId, provider: 'github', repoFullName: 'acme/shop', repoId: null }
    const rest = { installationId: null, defaultBranch: 'main', isPrivate: false, repoDataJson: {} }
    await db.commit(addRepos(db, [{ ...chosen, ...rest }]))
    expect((await ask('github_service_commits', elsewhere)).output).toMatchObject({
      repository: 'acme/shop',
      found: 'chosen',
      total: 2,
    })
  })

  it('are asked of GitLab in its way, by any spelling of the repository', async ({ expect }) => {
    const { ask } = await connectedTo(answering(gitlab, answerGitlab))
    for (const repository of [
      'acme/shop',
      'git@git.example.com:acme/shop.git',
      'https://git.example.com/gitlab/acme/shop/-/pipelines/7',
    ])
      expect((await ask('gitlab_service_commits', { ...asked, repository })).output).toMatchObject({
        repository: 'acme/shop',
        base: 'aaa1',
        head: 'bbb2',
        commits: [{ sha: 'bbb2', author: 'Dana', title: 'Fix' }],
      })
  })

  it('are asked of Bitbucket in its way: since what the change events say was out before', async ({
    expect,
  }) => {
    const value = (hash: string, date: string) => ({
      hash,
      date,
      message: `Change ${hash}\n`,
      author: { raw: 'Dana <dana@example.com>' },
    })
    const knowing = answering(bitbucket, ({ url }) => {
      if (url.pathname !== '/2.0/repositories/acme/shop/commits/bbb2') return null
      const old =
        url.searchParams.get('exclude') === 'aaa1' ? [] : [value('aaa1', '2025-12-01T00:00:00+00:00')]
      return json({ values: [value('bbb2', '2026-01-01T09:40:00+00:00'), ...old] })
    })
    const { ask } = await connectedTo(knowing)
    const here = { ...asked, repository: 'git@bitbucket.org:acme/shop.git', head: 'bbb2' }
    const shown = { sha: 'bbb2', author: 'Dana', at: '2026-01-01T09:40:00+00:00', title: 'Change bbb2' }
    for (const span of [{ base: 'aaa1' }, {}])
      expect((await ask('bitbucket_service_commits', { ...here, ...span })).output).toMatchObject({
        repository: 'acme/shop',
        total: 1,
        commits: [shown],
      })
  })

  it.for(['../user', 'acme/..', 'acme/shop/../../user', 'https://github.com/acme', '.'])(
    'are of no repository that leads elsewhere: %s',
    async (repository, { expect }) => {
      const { ask, network } = await connectedTo(answering(github, answerGithub))
      const before = network.seen.length
      expect((await ask('github_service_commits', { ...asked, repository })).status).toBe('empty')
      expect(network.seen.length).toBe(before)
    },
  )
})
