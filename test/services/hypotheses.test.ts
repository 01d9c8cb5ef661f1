import { describe, it } from 'vitest'
import { carryOut } from '../support/executor'
import { aVendor, findings, numberOf, portsTo, submit, type Answer, type Sent } from '../support/fake-model'
import type { Fault } from '../support/faulty-db'
import { aMember } from '../support/org'
import { anOutage, leavings, STARTS } from '../support/outage'

const CAUSE = 'The deployment `deploy-checkout` of checkout preceded the first alert.'

/** Notes a hypothesis, settles it, and then leaves the cause open. */
function script(sent: Sent): Answer {
  const number = numberOf(sent, 'recent_changes')
  const note = (args: object): Answer => ({
    calls: [{ name: 'note_hypothesis', args: { statement: CAUSE, service: 'checkout', ...args } }],
  })
  const turns = sent.body.messages.filter(({ role }: { role: string }) => role === 'assistant').length
  if (turns === 0) return note({})
  return turns === 1
    ? note({ state: 'supported', for: [number] })
    : submit(findings(number, CAUSE, { verdict: 'inconclusive' }))
}

async function noted(fault: Fault | null) {
  const { org, run, incidentId } = await anOutage()
  const { commits } = await carryOut(run, { startsAt: STARTS, llm: portsTo(aVendor(script)), fault })
  const viewer = await aMember(org.orgId, 'viewer')
  const path = `/api/incidents/${incidentId}/runs/${run.runId}`
  const { body } = await viewer.get(path)
  return { hypotheses: body.run.hypotheses, left: await leavings(org), commits, path }
}

describe('the hypotheses of a model', () => {
  it('are shown to their organisation behind what was published, once, whichever commit fails', async ({
    expect,
  }) => {
    const expected = await noted(null)
    const { hypotheses, left, commits } = expected
    expect(hypotheses.at(-1)).toEqual({
      section: 'hypothesis',
      text: CAUSE,
      service: 'checkout',
      status: 'supported',
      evidence: [expect.any(Number)],
      against: [],
      origin: 'model',
    })
    expect(hypotheses.filter(({ section }: { section: string }) => section === 'hypothesis')).toHaveLength(1)
    expect(hypotheses[0]).toMatchObject({ section: 'root_cause', service: null, against: [] })
    expect(JSON.stringify(left.thoughts).split(`Supported: ${CAUSE}`)).toHaveLength(2)
    // After the two notes come the findings and the four steps that end every run.
    for (const at of commits.slice(-7, -5))
      for (const when of ['before', 'after'] as const) {
        const again = await noted({ at, when })
        expect([again.hypotheses, again.left], `${when} ${at}`).toEqual([hypotheses, left])
      }
    const stranger = await aMember((await anOutage()).org.orgId, 'admin')
    expect((await stranger.get(expected.path)).status).toBe(404)
  })
})
