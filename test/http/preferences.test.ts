import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'

const ONE = '/api/user-preferences'
const BATCH = '/api/user-preferences/batch'
const LEARN = '/api/user/preferences/aurora-learn'

describe('preferences', () => {
  it('are kept, replaced and deleted by null', async ({ expect }) => {
    const org = await anOrg()
    const read = async () => (await org.get(`${ONE}?key=provider_preferences`)).body
    expect(await read()).toEqual({ value: null })
    for (const value of [['gcp', 'aws'], { a: { b: [1, null, 'ä\u0000'] } }, false, 0, '']) {
      const { status, body } = await org.post(ONE, { key: ' provider_preferences ', value })
      expect([status, body]).toEqual([200, { status: 'success' }])
      expect(await read()).toEqual({ value })
    }
    await org.post(ONE, { key: 'provider_preferences', value: null })
    expect(await read()).toEqual({ value: null })
  })

  it('come back as any JSON that was stored', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        expect((await client.post(ONE, { key: 'any', value })).status).toBe(200)
        expect((await client.get(`${ONE}?key=any`)).body.value).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 30 },
    )
  })

  it('are read and written together; every asked key is answered', async ({ expect }) => {
    const org = await anOrg()
    const preferences = { provider_preferences: ['gcp'], automated_rca_enabled: null, 'a.b:c-d_e': 1 }
    const { status, body } = await org.post(BATCH, { preferences })
    expect([status, body]).toEqual([200, { status: 'success', count: 3 }])
    const keys = Object.keys(preferences)
    const answer = await org.get(`${BATCH}?${keys.map((key) => `keys=${key}`).join('&')}`)
    expect([answer.status, answer.body]).toEqual([200, { preferences }])
    expect((await org.get(`${BATCH}?keys=a.b:c-d_e`)).body).toEqual({ preferences: { 'a.b:c-d_e': 1 } })
  })

  it('keep keys that mean something to JavaScript apart', async ({ expect }) => {
    const org = await anOrg()
    const text = '{"preferences":{"__proto__":{"x":1},"constructor":2}}'
    expect((await org.post(BATCH, text)).body.count).toBe(2)
    expect((await org.get(`${BATCH}?keys=__proto__&keys=constructor&keys=toString`)).text).toBe(
      '{"preferences":{"__proto__":{"x":1},"constructor":2,"toString":null}}',
    )
  })

  it('belong to their user', async ({ expect }) => {
    const org = await anOrg()
    const colleague = await org.member('admin')
    await org.post(ONE, { key: 'theme', value: 'dark' })
    expect((await colleague.get(`${ONE}?key=theme`)).body).toEqual({ value: null })
    await colleague.post(ONE, { key: 'theme', value: 'light' })
    expect((await org.get(`${ONE}?key=theme`)).body).toEqual({ value: 'dark' })
  })

  it.for([
    ['GET', ONE, undefined, 'Missing preference key'],
    ['GET', `${ONE}?key=%20`, undefined, 'Missing preference key'],
    ['GET', `${ONE}?key=a%20b`, undefined, 'Invalid preference key'],
    ['POST', ONE, {}, 'Missing preference key'],
    ['POST', ONE, { key: 5, value: 1 }, 'Missing preference key'],
    ['POST', ONE, { key: 'a b', value: 1 }, 'Invalid preference key'],
    ['POST', ONE, { key: 'x'.repeat(101), value: 1 }, 'Invalid preference key'],
    ['POST', ONE, { key: 'a', value: 'ä'.repeat(8192) }, 'Value too large'],
    ['GET', BATCH, undefined, 'No keys specified'],
    ['GET', `${BATCH}?keys=`, undefined, 'No keys specified'],
    ['GET', `${BATCH}?keys=a&keys=a%20b`, undefined, 'Invalid preference key'],
    ['POST', BATCH, {}, 'preferences must be a dictionary'],
    ['POST', BATCH, { preferences: ['a'] }, 'preferences must be a dictionary'],
    ['POST', BATCH, { preferences: 'a' }, 'preferences must be a dictionary'],
    ['POST', BATCH, { preferences: { a: 1, 'a b': 1 } }, 'Invalid preference key'],
    ['POST', BATCH, { preferences: { a: 'x'.repeat(16_385) } }, 'Value too large'],
    ['PUT', LEARN, {}, "Missing 'enabled' field"],
    ['PUT', LEARN, { enabled: null }, "Missing 'enabled' field"],
    ['PUT', LEARN, { enabled: 'yes' }, "'enabled' must be a boolean"],
    ['PUT', LEARN, { enabled: 1 }, "'enabled' must be a boolean"],
  ] as const)('%s %s with %j is refused: %s', async ([method, path, input, error], { expect }) => {
    const org = await anOrg()
    const { status, body } = await org.call(method, path, input)
    expect([status, body.error, body.code]).toEqual([400, error, 'validation_failed'])
  })

  it('may be as large as the limit', async ({ expect }) => {
    const org = await anOrg()
    expect((await org.post(ONE, { key: 'a', value: 'x'.repeat(16_382) })).status).toBe(200)
  })

  it('are two hundred at most, all or none, whoever races', async ({ expect }) => {
    const org = await anOrg()
    const some = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`k${from + n}`, n]))
    expect((await org.post(BATCH, { preferences: some(0, 199) })).status).toBe(200)
    const refused = await org.post(BATCH, { preferences: some(198, 201) })
    expect([refused.status, refused.body.error]).toEqual([400, 'Too many preferences'])
    expect((await org.get(`${ONE}?key=k199`)).body.value).toBeNull()
    const race = await Promise.all(['x', 'y', 'z'].map((key) => org.post(ONE, { key, value: 1 })))
    expect(race.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400])
    expect((await org.post(BATCH, { preferences: { ...some(0, 1), k1: null, another: 1 } })).status).toBe(200)
    expect((await org.post(BATCH, { preferences: some(0, 201) })).body.error).toBe('Too many preferences')
  })
})

describe('learning', () => {
  it('is on until the user says no', async ({ expect }) => {
    const org = await anOrg()
    expect((await org.get(LEARN)).body).toEqual({ enabled: true })
    const off = await org.put(LEARN, { enabled: false })
    expect([off.status, off.body]).toEqual([200, { success: true, enabled: false }])
    expect((await org.get(LEARN)).body).toEqual({ enabled: false })
    expect((await org.get(`${ONE}?key=aurora_learn_enabled`)).body).toEqual({ value: false })
    await org.post(ONE, { key: 'aurora_learn_enabled', value: 'nonsense' })
    expect((await org.get(LEARN)).body).toEqual({ enabled: true })
  })
})
