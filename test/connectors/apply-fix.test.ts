import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { incidentSuggestions } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'
import { seedIncident } from '../support/seed'
import { fakes } from './fakes'
import { github } from './fakes/github'
import { aRepository } from './fakes/github-code'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs, connect } from './support'

let network: Network
let repository: ReturnType<typeof aRepository>
const BEFORE = 'replicas: 1\n# naïve\n'
const AFTER = 'replicas: 3\n# naïve\n'
const PATH = 'deploy/values of prod.yaml'

beforeEach(() => {
  captureLogs()
  repository = aRepository('example/checkout', { [PATH]: BEFORE })
  network = plugIn(
    fakes.map((fake) =>
      fake.id === 'github'
        ? { ...fake, answer: (seen) => repository.answer(seen) ?? fake.answer(seen) }
        : fake,
    ),
  )
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function aFix(changes: Partial<typeof incidentSuggestions.$inferInsert> = {}) {
  const { org, client } = await anOrgFor(github)
  await connect(github, client)
  const db = openTenant(env.DB, org.orgId)
  const incidentId = await seedIncident(org.orgId)
  const id = newId()
  await db.commit([
    db.insert(incidentSuggestions, {
      id,
      incidentId,
      ordinal: 2,
      title: 'Three replicas',
      description: 'One is not enough.',
      type: 'fix',
      risk: 'low',
      evidence: [],
      origin: 'rules',
      filePath: PATH,
      repository: repository.name,
      baseCommit: 'base',
      originalContent: BEFORE,
      suggestedContent: AFTER,
      createdAt: 1_777_887_600_000,
      ...changes,
    }),
  ])
  const apply = (body: object = {}) => client.post(`/api/incidents/suggestions/${id}/apply`, body)
  return { org, client, incidentId, id, apply, branch: `fix/aurora-${incidentId.slice(0, 8)}-1777887602` }
}

const said = ({
  status,
  body,
}: {
  status: number
  body: { code: string; error: string; details?: object }
}) => [status, body.code, body.error, body.details]

describe('applying a fix', () => {
  it('opens one pull request with the one file, however often it is asked', async ({ expect }) => {
    const { apply, branch, client, incidentId } = await aFix()
    const both = await Promise.all([apply(), apply()])
    const done = both.find(({ status }) => status === 200)
    expect(done?.body).toEqual({
      success: true,
      message: 'PR created successfully',
      prUrl: 'https://github.com/example/checkout/pull/17',
      prNumber: 17,
      branch,
      repository: 'example/checkout',
      filePath: PATH,
    })
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(repository.pulls).toEqual([
      {
        head: branch,
        base: 'main',
        title: 'Three replicas',
        body: `One is not enough.\n\nSuggested by Aurora for incident ${incidentId}.`,
      },
    ])
    expect(repository.filesAt(branch)).toEqual({ [PATH]: AFTER })
    expect(repository.filesAt('main')).toEqual({ [PATH]: BEFORE })
    expect(said(await apply())).toEqual([
      409,
      'already_applied',
      'PR already created for this suggestion',
      { prUrl: 'https://github.com/example/checkout/pull/17' },
    ])
    const { incident } = (await client.get(`/api/incidents/${incidentId}`)).body
    expect(incident.suggestions[0]).toMatchObject({ prNumber: 17, createdBranch: branch })
    expect(network.strays).toEqual([])
  })

  it('takes what a person made of it, or the suggestion as it was, for the branch that is named', async ({
    expect,
  }) => {
    repository.branches.set('release', 'base')
    const edited = await aFix({ userEditedContent: 'replicas: 2\n' })
    expect((await edited.apply({ targetBranch: 'release' })).status).toBe(200)
    expect(repository.filesAt(edited.branch)?.[PATH]).toBe('replicas: 2\n')
    expect(repository.pulls[0]?.base).toBe('release')
    const plain = await aFix({ userEditedContent: 'replicas: 2\n' })
    await plain.apply({ useEditedContent: false })
    expect(repository.filesAt(plain.branch)?.[PATH]).toBe(AFTER)
    expect(said(await (await aFix()).apply({ targetBranch: 'none' })).slice(0, 3)).toEqual([
      502,
      'upstream_error',
      'Failed to create branch',
    ])
  })

  it('writes nothing when the file has changed since', async ({ expect }) => {
    const { apply } = await aFix()
    repository.commit('main', { [PATH]: 'replicas: 9\n' })
    expect(said(await apply()).slice(0, 3)).toEqual([409, 'conflict', 'File changed since analysis'])
    const old = await aFix({ baseCommit: null })
    expect(said(await old.apply())[2]).toBe('File changed since analysis')
    const gone = await aFix({ filePath: 'none.yaml' })
    expect((await gone.apply()).status).toBe(200)
    expect(repository.branches.size).toBe(2)
  })

  it.for([
    ['refs', 'Failed to create branch', { branchCreated: false, commitPushed: false }],
    ['contents', 'Failed to push fix', { branchCreated: true, commitPushed: false }],
    ['pulls', 'Failed to create PR', { branchCreated: true, commitPushed: true }],
    ['forbidden', 'Failed to create branch', { branchCreated: false, commitPushed: false }],
  ] as const)(
    'says how far it came when %s fails, and goes on there the next time',
    async ([trouble, text, details], { expect }) => {
      const { apply, branch } = await aFix()
      repository.state.trouble = trouble
      expect(said(await apply())).toEqual([502, 'upstream_error', text, details])
      repository.state.trouble = null
      expect((await apply()).body).toMatchObject({ success: true, branch, prNumber: 17 })
      expect([repository.pulls.length, repository.branches.size]).toEqual([1, 2])
    },
  )

  it('finds the pull request of an attempt that a crash cut off', async ({ expect }) => {
    const { apply, id } = await aFix()
    await apply()
    await env.DB.prepare('UPDATE incident_suggestions SET pr_url = NULL, pr_number = NULL WHERE id = ?')
      .bind(id)
      .run()
    expect((await apply()).body).toMatchObject({ prNumber: 17 })
    expect(repository.pulls).toHaveLength(1)
  })
})
