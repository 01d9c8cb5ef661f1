import { describe, it } from 'vitest'
import { bearer } from '../../src/connectors/access'
import { ok } from '../../src/connectors/outcome'
import { refreshGrant } from '../../src/connectors/refresh-grant'
import type { VendorCtx } from '../../src/connectors/vendor-ctx'

const CLIENT = { id: 'CLIENT_ID', secret: 'CLIENT_SECRET' }
const GRANTED = { access_token: 'access', expires_in: 60 }

/** A refresh of `old`; the vendor answers this. */
const refreshed = (status: number, answer: object, settings: VendorCtx['settings'] = OWN) =>
  refreshGrant(
    {
      fetch: async (url) => ok({ url, status, headers: new Headers(), text: JSON.stringify(answer) }),
      now: () => 1000,
      signal: new AbortController().signal,
      settings,
      ownHosts: [],
    },
    {
      url: 'https://vendor.example/token',
      client: CLIENT,
      clientAuth: 'basic',
      body: 'form',
      refreshToken: 'old',
      hasEnded: ({ status: said }) => said === 400,
      access: bearer,
      secretOf: (refreshToken) => ({ refreshToken }),
    },
  )

const OWN = { CLIENT_ID: 'client', CLIENT_SECRET: 'secret' }

describe('the refresh of a grant', () => {
  it('brings an access with its end, and another secret only with another refresh token', async ({
    expect,
  }) => {
    const fresh = { access: bearer('access'), expiresAt: 61_000 }
    expect(await refreshed(200, GRANTED)).toEqual(ok(fresh))
    expect(await refreshed(200, { ...GRANTED, refresh_token: null })).toEqual(ok(fresh))
    expect(await refreshed(200, { ...GRANTED, refresh_token: 'old' })).toEqual(ok(fresh))
    expect(await refreshed(200, { ...GRANTED, refresh_token: 'new' })).toEqual(
      ok({ ...fresh, rotated: { refreshToken: 'new' } }),
    )
  })

  it.for([
    ['expired', 400, {}],
    ['vendor_error', 401, {}],
    ['vendor_error', 403, {}],
    ['vendor_error', 200, { access_token: '' }],
    ['vendor_error', 200, { access_token: 'access', expires_in: 0 }],
  ] as const)('is %s when the vendor answers %i with %j', async ([kind, status, answer], { expect }) => {
    expect(await refreshed(status, answer)).toEqual({ kind })
  })

  it('is not tried without a client of the deployment', async ({ expect }) => {
    expect(await refreshed(200, GRANTED, { CLIENT_ID: 'client' })).toEqual({ kind: 'vendor_error' })
  })
})
