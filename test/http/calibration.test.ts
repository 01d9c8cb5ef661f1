import { describe, it } from 'vitest'
import { anOrg, type Org } from '../support/org'
import { seedRun, seedStory } from '../support/stories'

/** An incident whose analysis ended so, and what was thought of it. */
async function judged(
  org: Org,
  verdict: 'confirmed' | 'likely' | 'inconclusive',
  confidence: number,
  type: string,
) {
  const story = await seedStory(org.orgId, { auroraStatus: 'complete' })
  const ended = { state: 'succeeded', verdict, confidence, leaseExpiresAt: null, endedAt: 1000 } as const
  await seedRun(org.orgId, story, ended)
  const { status } = await org.post(`/api/incidents/${story.id}/feedback`, { feedback_type: type })
  if (status !== 201) throw new Error(`no feedback: ${status}`)
  return story
}

const none = { judged: 0, helpful: 0, confidence: null, brier: null }

describe('the calibration', () => {
  it('tells for each verdict how far its confidence is from what people thought', async ({ expect }) => {
    const org = await anOrg()
    await judged(org, 'confirmed', 0.9, 'helpful')
    await judged(org, 'confirmed', 0.7, 'not_helpful')
    await judged(org, 'likely', 0.6, 'helpful')
    expect((await org.get('/api/analytics/calibration')).body).toEqual({
      judged: 3,
      // (0.1² + 0.7² + 0.4²) / 3
      brier: 0.22,
      bands: [
        { verdict: 'confirmed', judged: 2, helpful: 1, confidence: 0.8, brier: 0.25 },
        { verdict: 'likely', judged: 1, helpful: 1, confidence: 0.6, brier: 0.16 },
        { verdict: 'inconclusive', ...none },
      ],
    })
  })

  it('knows of a judgement only the analysis that was out when it was given', async ({ expect }) => {
    const org = await anOrg()
    const story = await judged(org, 'likely', 0.5, 'helpful')
    const later = { ordinal: 2, state: 'succeeded', verdict: 'confirmed', confidence: 1 } as const
    await seedRun(org.orgId, story, { ...later, leaseExpiresAt: null, endedAt: Date.now() + 60_000 })
    const { bands } = (await org.get('/api/analytics/calibration')).body
    expect(bands.map(({ judged: n }: { judged: number }) => n)).toEqual([0, 1, 0])
  })

  it('is nothing where nobody judged, whatever others said', async ({ expect }) => {
    await judged(await anOrg(), 'likely', 0.5, 'helpful')
    const { body } = await (await anOrg()).get('/api/analytics/calibration')
    expect([body.judged, body.brier, body.bands[1]]).toEqual([0, null, { verdict: 'likely', ...none }])
  })
})
