import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { MINUTE } from '../../src/lib/time'
import { aCorrelation } from '../support/alerts'

const sweeper = () => env.SWEEPER.getByName('sweeper')
const alarmOf = () => runInDurableObject(sweeper(), (_, state) => state.storage.getAlarm())

describe('the sweeper', () => {
  it('sets one alarm within a minute, however often it is armed', async ({ expect }) => {
    await sweeper().arm()
    const alarm = await alarmOf()
    expect(alarm).toBeLessThanOrEqual(Date.now() + MINUTE)
    await sweeper().arm()
    expect(await alarmOf()).toBe(alarm)
  })

  it('comes back while something is under way', async ({ expect }) => {
    const org = await aCorrelation()
    const now = Date.now()
    await org.send({ eventTime: now }, now, { autoResolveSeconds: 3600 })
    await sweeper().arm()
    expect(await runDurableObjectAlarm(sweeper())).toBe(true)
    expect(await alarmOf()).not.toBeNull()
  })
})
