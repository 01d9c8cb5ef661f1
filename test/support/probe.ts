import { Hono } from 'hono'
import { app } from '../../src/app'
import { endpoint, type Endpoint } from '../../src/http/endpoint'
import type { App } from '../../src/http/env'
import { renderError } from '../../src/http/errors'

/** The real app with one more endpoint, whose handler only says `ok`: for rules that hold on every endpoint. */
export function appWith(method: 'GET' | 'POST', path: string, spec: Partial<Endpoint> = {}) {
  const probed = new Hono<App>({ strict: false })
  for (const route of app.routes) probed.on(route.method, route.path, route.handler)
  const whole = {
    summary: 'A probe',
    who: 'viewer',
    bucket: 'default',
    answers: { 200: null },
    ...spec,
  } as const
  probed.on(method, path, endpoint(whole), (c) => c.json({ ok: true }))
  probed.onError(renderError)
  return probed
}
