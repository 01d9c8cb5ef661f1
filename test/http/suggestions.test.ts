import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { anOrg } from '../support/org'
import { rowsOf, seedAnalysis, seedRun, seedStory } from '../support/stories'

const FIX = {
  type: 'fix',
  filePath: 'deploy/values.yaml',
  originalContent: 'pool: 50\n',
  suggestedContent: 'pool: 100\n',
  repository: 'acme/checkout',
} as const

async function withSuggestion(changes: Parameters<typeof seedAnalysis>[2] = {}) {
  const org = await anOrg()
  const story = await seedStory(org.orgId)
  const { suggestionId } = await seedAnalysis(org.orgId, story, changes)
  return { org, story, path: `/api/incidents/suggestions/${suggestionId}`, id: suggestionId }
}

describe('editing a fix', () => {
  it('keeps the text as it was sent', async ({ expect }) => {
    const { org, story, path } = await withSuggestion(FIX)
    const { status, body } = await org.patch(path, { userEditedContent: '  pool: 80\n' })
    expect([status, body]).toEqual([200, { success: true, message: 'Suggestion updated' }])
    const [shown] = (await org.get(`/api/incidents/${story.id}`)).body.incident.suggestions
    expect(shown.userEditedContent).toBe('  pool: 80\n')
  })

  it('is refused with the documented texts', async ({ expect }) => {
    const { org, path } = await withSuggestion(FIX)
    const empty = 'No changes provided (content cannot be empty)'
    for (const [body, text] of [
      [undefined, empty],
      [{}, empty],
      [{ userEditedContent: ' \n' }, empty],
      [{ userEditedContent: 5 }, empty],
      [{ userEditedContent: 'x'.repeat(500_001) }, 'Invalid userEditedContent'],
    ] as const) {
      const answer = await org.patch(path, body)
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([400, text, 'validation_failed'])
    }
    const valid = { userEditedContent: 'x' }
    const malformed = await org.patch('/api/incidents/suggestions/7', valid)
    expect([malformed.status, malformed.body.error, malformed.body.code]).toEqual([
      400,
      'Invalid suggestion ID',
      'invalid_id',
    ])
    const unknown = await org.patch(`/api/incidents/suggestions/${newId()}`, valid)
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Suggestion not found or access denied'])
    const plain = await withSuggestion()
    expect((await plain.org.patch(plain.path, valid)).status).toBe(404)
    expect((await (await org.member('viewer')).patch(path, valid)).status).toBe(403)
    expect((await (await anOrg()).patch(path, valid)).status).toBe(404)
    const done = await withSuggestion({ ...FIX, prUrl: 'https://code.example.com/1' })
    const refused = await done.org.patch(done.path, valid)
    expect([refused.status, refused.body.error, refused.body.code, refused.body.details]).toEqual([
      409,
      'PR already created for this suggestion',
      'already_applied',
      { prUrl: 'https://code.example.com/1' },
    ])
  })
})

describe('applying a fix', () => {
  it('says what it lacks, and in the end that no code host is connected', async ({ expect }) => {
    for (const [changes, status, text] of [
      [{}, 400, 'No content available for this fix'],
      [{ ...FIX, suggestedContent: null }, 400, 'No content available for this fix'],
      [{ ...FIX, repository: 'checkout' }, 400, 'Invalid repository format'],
      [{ ...FIX, repository: null }, 400, 'Invalid repository format'],
      [{ ...FIX, filePath: null }, 400, 'Missing file path'],
      [{ ...FIX, prUrl: 'https://code.example.com/1' }, 409, 'PR already created for this suggestion'],
      [{ ...FIX, applyClaimedAt: Date.now() }, 409, 'Fix is already being applied'],
      [FIX, 400, 'Repository is not connected'],
    ] as const) {
      const { org, path } = await withSuggestion(changes)
      const answer = await org.post(`${path}/apply`)
      expect([answer.status, answer.body.error]).toEqual([status, text])
    }
  })

  it('gives its claim back after a failure, and takes over one that a crash left behind', async ({
    expect,
  }) => {
    const { org, path, id } = await withSuggestion({ ...FIX, applyClaimedAt: Date.now() - 11 * 60_000 })
    for (let i = 0; i < 2; i++)
      expect((await org.post(`${path}/apply`, { useEditedContent: false })).body.error).toBe(
        'Repository is not connected',
      )
    expect(await rowsOf('SELECT apply_claimed_at AS at FROM incident_suggestions WHERE id = ?', id)).toEqual([
      { at: null },
    ])
  })

  it('is refused to viewers, strangers and for wrong types', async ({ expect }) => {
    const { org, path } = await withSuggestion(FIX)
    expect((await (await org.member('viewer')).post(`${path}/apply`)).status).toBe(403)
    expect((await (await anOrg()).post(`${path}/apply`)).body.error).toBe(
      'Suggestion not found or access denied',
    )
    expect((await org.post(`${path}/apply`, { useEditedContent: 'no' })).body.error).toBe(
      'Invalid useEditedContent',
    )
    expect((await org.post(`${path}/apply`, { targetBranch: '' })).body.error).toBe('Invalid targetBranch')
  })
})

describe('marking a suggestion as executed', () => {
  it('is idempotent, and names only a session of the organisation', async ({ expect }) => {
    const { org, story, path } = await withSuggestion()
    const foreign = await seedStory((await anOrg()).orgId)
    const shown = async () => (await org.get(`/api/incidents/${story.id}`)).body.incident.suggestions[0]
    expect((await org.post(`${path}/mark-executed`, { chatSessionId: foreign.sessionId })).body).toEqual({
      success: true,
    })
    const first = await shown()
    expect([first.executionStatus, first.executionSessionId]).toEqual(['executed', null])
    await org.post(`${path}/mark-executed`, { chatSessionId: story.sessionId })
    expect(await shown()).toEqual({ ...first, executionSessionId: story.sessionId })
    expect((await org.post(`${path}/mark-executed`, { chatSessionId: 5 })).body.error).toBe(
      'Invalid chatSessionId',
    )
    const unknown = await org.post(`/api/incidents/suggestions/${newId()}/mark-executed`)
    expect([unknown.status, unknown.body.error]).toEqual([404, 'Suggestion not found'])
    expect((await (await org.member('viewer')).post(`${path}/mark-executed`)).status).toBe(403)
  })

  it('happens by itself when a chat carries it out, as its run ends', async ({ expect }) => {
    for (const [state, status] of [
      ['succeeded', 'completed'],
      ['failed', 'failed'],
      ['timeout', 'failed'],
      ['cancelled', 'failed'],
    ] as const) {
      const { org, story, id } = await withSuggestion()
      const sessionId = newId()
      const runId = await seedRun(org.orgId, { id: story.id, sessionId }, { kind: 'chat' })
      await rowsOf(
        "UPDATE incident_suggestions SET execution_status = 'in_progress', execution_session_id = ? WHERE id = ?",
        sessionId,
        id,
      )
      await rowsOf('UPDATE runs SET state = ? WHERE id = ?', state, runId)
      expect(await rowsOf('SELECT execution_status FROM incident_suggestions WHERE id = ?', id)).toEqual([
        { execution_status: status },
      ])
    }
    const { org, story, id } = await withSuggestion()
    const asked = await org.post(`/api/incidents/${story.id}/chat`, { question: 'Do it', suggestion_id: id })
    expect(asked.status).toBe(202)
    const shown = async () => (await org.get(`/api/incidents/${story.id}`)).body.incident.suggestions[0]
    await vi.waitUntil(async () => (await shown()).executionStatus === 'completed', { timeout: 10_000 })
    expect((await shown()).executionSessionId).toBe(asked.body.session_id)
  })

  it('is refused for a suggestion of another incident', async ({ expect }) => {
    const { org, id } = await withSuggestion()
    const other = await seedStory(org.orgId)
    for (const suggestion_id of [id, newId()]) {
      const answer = await org.post(`/api/incidents/${other.id}/chat`, { question: 'Do it', suggestion_id })
      expect([answer.status, answer.body.error]).toEqual([404, 'Suggestion not found'])
    }
  })
})
