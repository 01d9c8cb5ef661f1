import { describe, it } from 'vitest'
import { apiWith } from '../support/api'

const LISTED = 'https://app.example'
const browser = apiWith({ FRONTEND_URL: ` ${LISTED} ,https://other.example:8443/` })

const allow = (headers: Headers) =>
  Array.from(headers.keys()).filter((name) => name.startsWith('access-control-'))

describe('a listed origin', () => {
  it('gets its headers on every answer, errors included', async ({ expect }) => {
    for (const origin of [LISTED, 'https://other.example:8443']) {
      for (const answer of [
        await browser.get('/health/liveness', { origin }),
        await browser.post('/api/auth/register', { email: 'x' }, { origin }),
        await browser.get('/api/auth/me', { origin }),
        await browser.get('/no/such/path', { origin }),
        await browser.put('/api/auth/login', {}, { origin }),
      ]) {
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
        expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
        expect(answer.headers.get('vary')).toBe('Origin')
        expect(answer.headers.get('access-control-expose-headers')).toBe(
          'X-Request-ID, ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Idempotency-Replayed',
        )
      }
    }
  })

  it('gets a preflight answered on any path, without identity', async ({ expect }) => {
    for (const path of ['/api/auth/register', '/api/auth/me', '/no/such/path']) {
      const answer = await browser.call('OPTIONS', path, undefined, {
        origin: LISTED,
        'access-control-request-method': 'POST',
      })
      expect(answer.status).toBe(204)
      expect(answer.text).toBe('')
      expect(answer.headers.get('access-control-allow-origin')).toBe(LISTED)
      expect(answer.headers.get('access-control-allow-methods')).toBe(
        'GET, POST, PUT, DELETE, OPTIONS, PATCH',
      )
      expect(answer.headers.get('access-control-allow-headers')).toBe(
        'Content-Type, X-Provider, X-Requested-With, X-User-ID, Authorization, X-Provider-Preference, X-Org-ID, X-Request-ID, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID',
      )
      expect(answer.headers.get('access-control-max-age')).toBe('600')
    }
  })
})

describe('any other origin', () => {
  it('gets nothing but Vary, on answers and on preflights', async ({ expect }) => {
    for (const origin of [
      'https://evil.example',
      'http://app.example',
      `${LISTED}.evil`,
      `${LISTED}:444`,
      'null',
      '*',
      '',
    ]) {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await browser.call(method, '/health/liveness', undefined, { origin })
        expect([origin, allow(headers), headers.get('vary')]).toEqual([origin, [], 'Origin'])
      }
    }
  })

  it('is every origin while none is listed', async ({ expect }) => {
    for (const FRONTEND_URL of ['', '*', 'null']) {
      for (const origin of [LISTED, '*', 'null']) {
        const { headers } = await apiWith({ FRONTEND_URL }).get('/health/liveness', { origin })
        expect(allow(headers)).toEqual([])
      }
    }
  })
})
