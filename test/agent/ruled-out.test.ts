import { describe, it } from 'vitest'
import { analyse } from '../../src/agent/analyst/analyse'
import { contextOf, observed } from './fakes'

describe('a status page that was read', () => {
  const ruledOut = async (said: { readonly open: boolean; readonly parts: readonly unknown[] }) => {
    const page = { shape: 'provider', provider: 'GitHub', title: 'All Systems Operational', ...said }
    const { findings, hypotheses } = analyse([
      ...(await contextOf({})),
      observed(20, 'provider_status', page),
    ])
    const text = 'GitHub reports no open incident on its status page.'
    return {
      listed: findings.ruledOut.find((item) => item.text === text)?.evidence,
      state: hypotheses.find(({ statement }) => statement === text)?.state,
    }
  }

  it('rules the provider out, by its evidence, when everything of it is well', async ({ expect }) => {
    expect(await ruledOut({ open: false, parts: [] })).toEqual({ listed: [20], state: 'ruled_out' })
  })

  it('rules out nothing with an open incident or a part that is not well', async ({ expect }) => {
    const nothing = { listed: undefined, state: undefined }
    expect(await ruledOut({ open: true, parts: [] })).toEqual(nothing)
    expect(await ruledOut({ open: false, parts: [{ name: 'Webhooks', status: 'partial_outage' }] })).toEqual(
      nothing,
    )
  })
})
