/** Errors of emulated APIs that no ordinary request provokes. */
import { Hono } from 'hono'
import { describe, it } from 'vitest'
import { alertmanagerError } from '../../src/http/answers/alertmanager-api'
import { opsgenieError } from '../../src/http/answers/opsgenie-api'
import { pagerdutyError } from '../../src/http/answers/pagerduty-events'
import type { App, ErrorShape } from '../../src/http/env'
import { renderError } from '../../src/http/errors'
import { shapedBy } from '../../src/http/middleware/error-shape'
import { AppError, unavailable } from '../../src/lib/errors'

const tooMany = new AppError('rate_limited', 'Rate limit exceeded', { headers: { 'retry-after': '1' } })

async function answerTo(error: unknown, shape: ErrorShape) {
  const app = new Hono<App>()
  app.use(async (c, next) => {
    c.set('requestId', 'r1')
    c.set('now', Date.now())
    await next()
  })
  app.get('/', shapedBy(shape), () => {
    throw error
  })
  app.onError(renderError)
  const response = await app.request('/')
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  }
}

describe('an emulated API', () => {
  it('refuses what comes too fast as its vendor does', async ({ expect }) => {
    expect(await answerTo(tooMany, pagerdutyError)).toEqual({
      status: 429,
      retryAfter: '1',
      body: {
        status: 'throttle exceeded',
        message: 'Requests for this routing key are arriving too quickly',
        errors: [],
      },
    })
    expect(await answerTo(tooMany, alertmanagerError)).toEqual({
      status: 429,
      retryAfter: '1',
      body: 'Rate limit exceeded',
    })
    expect(await answerTo(tooMany, opsgenieError)).toEqual({
      status: 429,
      retryAfter: '1',
      body: { message: 'You are making too many requests!', took: expect.any(Number), requestId: 'r1' },
    })
  })

  it('asks to come again when nothing can be stored, and shows nothing of an unexpected error', async ({
    expect,
  }) => {
    for (const shape of [pagerdutyError, alertmanagerError, opsgenieError]) {
      expect(await answerTo(unavailable(), shape)).toMatchObject({ status: 503, retryAfter: '5' })
      const unexpected = await answerTo(new Error('SELECT secret FROM table'), shape)
      expect(unexpected.status).toBe(500)
      expect(JSON.stringify(unexpected.body)).not.toContain('SELECT')
    }
  })
})
