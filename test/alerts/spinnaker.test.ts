import { describe, it } from 'vitest'
import { settingsFor } from '../../src/alerts/settings'
import { spinnaker } from '../../src/alerts/spinnaker'
import { plain, read } from '../support/normalised'

const example = Object(spinnaker.example)
const withExecution = (changes: object) => ({
  ...example,
  content: { execution: { ...example.content.execution, ...changes } },
})

describe('Spinnaker', () => {
  it('becomes this alert and this change', async ({ expect }) => {
    expect(await read(spinnaker, spinnaker.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'spinnaker',
          sourceType: 'spinnaker',
          kind: 'deployment',
          dedupKey: 'spinnaker|checkout|deploy-prod',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'TERMINAL',
          title: 'Spinnaker deploy: checkout [TERMINAL]',
          service: 'checkout',
          startsAt: 1767261719000,
          firedAt: 1767261719000,
          eventTime: 1767261719000,
          metadata: {
            application: 'checkout',
            pipeline: 'deploy-prod',
            executionId: '01HZX5A6B7C8D9E0F1G2H3J4K5',
            trigger: 'docker',
            deployer: 'dana',
            failedStages: ['Deploy'],
          },
          sourceAlertId: 'checkout/deploy-prod#01HZX5A6B7C8D9E0F1G2H3J4K5',
        },
      ],
      changes: [
        {
          provider: 'spinnaker',
          job: 'checkout/deploy-prod',
          build: '01HZX5A6B7C8D9E0F1G2H3J4K5',
          kind: 'deployment',
          title: 'checkout/deploy-prod #01HZX5A6B7C8D9E0F1G2H3J4K5',
          service: 'checkout',
          environment: null,
          result: 'TERMINAL',
          commit: null,
          branch: null,
          repository: null,
          author: 'dana',
          url: null,
          traceId: null,
          startedAt: 1767261530000,
          finishedAt: 1767261719000,
        },
      ],
      errors: [],
    })
  })

  it('fires, resolves, notes or only informs by the execution', async ({ expect }) => {
    const states = async (status: unknown, settings = {}) => {
      const { alerts, changes } = await read(spinnaker, withExecution({ status }), settings)
      return [alerts.map(({ state }) => state), changes.length]
    }
    expect(await states('TERMINAL')).toEqual([['firing'], 1])
    expect(await states('terminal', { defaultEnvironment: 'staging' })).toEqual([['firing'], 1])
    expect(await states('SUCCEEDED')).toEqual([['resolved'], 1])
    for (const status of ['CANCELED', 'STOPPED']) expect(await states(status)).toEqual([[], 1])
    for (const status of ['RUNNING', 'PAUSED', null, 7]) expect(await states(status)).toEqual([['info'], 0])
  })

  it('accepts any execution id, and a body without an execution', async ({ expect }) => {
    expect((await read(spinnaker, withExecution({ id: 42 }))).changes[0]?.build).toBe('42')
    expect(await read(spinnaker, { details: { type: 'orca:stage:complete' } })).toEqual({
      alerts: [],
      changes: [],
      errors: [],
    })
  })

  it('must sign with a timestamp', ({ expect }) => {
    expect(settingsFor(spinnaker, {}).legacySignature).toBe(false)
  })
})
