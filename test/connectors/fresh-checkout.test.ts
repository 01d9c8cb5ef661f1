import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { captureLogs } from './support'

let logs: string[]

beforeEach(() => {
  logs = captureLogs()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** As the start script makes it: recognisable, and different every time. */
const DEVELOPMENT_KEY = btoa('development-only0123456789abcdef')

/** What a fresh checkout has. */
const FRESH = {
  GOOGLE_CLIENT_ID: 'placeholder.apps.googleusercontent.com',
  GOOGLE_CLIENT_SECRET: 'placeholder',
  CONNECTOR_MASTER_KEY: DEVELOPMENT_KEY,
}

describe('a fresh checkout', () => {
  it('begins a login at Google with a placeholder, and says so', async ({ expect }) => {
    const { token } = await anOrg()
    const client = apiWith(FRESH, bearer(token))
    const begun = await client.post('http://localhost/login')
    expect(begun.status).toBe(200)
    expect(new URL(begun.body.login_url).searchParams.get('client_id')).toBe(FRESH.GOOGLE_CLIENT_ID)
    expect(logs.filter((line) => line.includes('login.placeholder_client'))).toHaveLength(1)
    const entryOf = async (of: typeof client) =>
      (await of.get('/api/connectors')).body.connectors.find(({ id }: { id: string }) => id === 'gcp')
    expect((await entryOf(client)).note).toContain('placeholder')
    expect((await entryOf(apiWith({}, bearer(token)))).note).toBeNull()
  })

  it('answers a callback and a disconnect as any deployment', async ({ expect }) => {
    const { token } = await anOrg()
    const client = apiWith(FRESH, bearer(token))
    expect((await client.get('/callback')).body.error).toBe('Authorization code not provided')
    const gone = await client.post('/api/gcp/force-disconnect')
    expect([gone.status, gone.body.message]).toEqual([200, 'GCP disconnected successfully'])
  })
})

describe('a throw-away master key', () => {
  const complaints = () => logs.filter((line) => line.includes('seal.development_key'))

  it('is complained of when it seals for a real host, and not on a loopback name', async ({ expect }) => {
    const { token } = await anOrg()
    const client = apiWith(FRESH, bearer(token))
    for (const host of ['localhost', '127.0.0.1', '[::1]']) await client.post(`http://${host}/login`)
    expect(complaints()).toEqual([])
    await client.post('https://aurora.example/login')
    expect(complaints()).toHaveLength(1)
    expect(complaints()[0]).toContain('aurora.example')
    expect(complaints()[0]).not.toContain(DEVELOPMENT_KEY)
    const own = apiWith({ ...FRESH, CONNECTOR_MASTER_KEY: btoa('x'.repeat(32)) }, bearer(token))
    const before = complaints().length
    await own.post('https://aurora.example/login')
    expect(complaints()).toHaveLength(before)
  })
})
