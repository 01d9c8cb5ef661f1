import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import * as z from 'zod'
import { joined, ownTools, toolboxFrom, type Toolbox } from '../../src/agent/run/toolbox'
import { carryOut } from '../support/executor'
import { aVendor, portsTo } from '../support/fake-model'
import { anOutage, STARTS } from '../support/outage'

/** A system of logs whose every answer is the end of the process. */
function aDeadlySystem() {
  let calls = 0
  const deadly: Toolbox = {
    ...toolboxFrom(
      [
        {
          name: 'loki_service_logs',
          description: 'Error lines of services',
          access: 'read',
          input: z.object({}),
          run: () => Promise.reject(new Error('not reached')),
        },
      ],
      true,
    ),
    run: () => {
      calls++
      return Promise.reject(new Error('killed'))
    },
  }
  return { tools: joined(ownTools, deadly), calls: () => calls }
}

describe('a step that is cut off again and again', () => {
  it('goes on without the system that it asks, and says so', async ({ expect }) => {
    const { org, run } = await anOutage()
    const { tools, calls } = aDeadlySystem()
    const { events } = await carryOut(run, { startsAt: STARTS, tools })
    expect(calls()).toBe(3)
    expect(events.at(-1)).toEqual({ kind: 'end', outcome: 'completed' })
    const [incident] = await org.rows<{ run_summary: string }>(
      'SELECT run_summary FROM incidents WHERE org_id = ?',
    )
    expect(incident?.run_summary).toContain('Logs: loki_service_logs failed (timeout).')
    expect(
      await org.rows("SELECT error_code FROM evidence WHERE org_id = ? AND tool = 'loki_service_logs'"),
    ).toEqual([{ error_code: 'timeout' }])
  })

  it('goes on without the language model, and says so', async ({ expect }) => {
    const { org, run } = await anOutage()
    const vendor = aVendor(() => ({ text: 'never asked' }))
    const oftenKilled = async (): Promise<void> => {
      await env.DB.prepare(
        "UPDATE runs SET stalled_claims = 2, lease_expires_at = 0 WHERE id = ? AND step = 'tools' AND json_extract(checkpoint, '$.phase') = 'model'",
      )
        .bind(run.runId)
        .run()
    }
    await carryOut(run, {
      startsAt: STARTS,
      llm: portsTo(vendor),
      remembers: false,
      beforeStep: oftenKilled,
    })
    expect(vendor.sent).toEqual([])
    expect(
      await org.rows("SELECT state, degraded FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toEqual([{ state: 'succeeded', degraded: 'model_unavailable' }])
  })
})
