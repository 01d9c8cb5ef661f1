import * as fc from 'fast-check'
import type { Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'
import { describe, it } from 'vitest'
import { RememberingRouter } from '../../src/http/router'

const ROUTES = [
  ['ALL', '*'],
  ['ALL', '/x/*'],
  ['GET', '/x'],
  ['GET', '/x/stream'],
  ['GET', '/x/:id'],
  ['PATCH', '/x/:id'],
  ['GET', '/x/:id/y'],
  ['GET', '/x/:id/y/:other'],
  ['GET', '/x/:other/z'],
  ['POST', '/hooks/:token'],
  ['POST', '/hooks/:source/:token'],
] as const

function routed(router: Router<string>): Router<string> {
  for (const [method, path] of ROUTES) router.add(method, path, `${method} ${path}`)
  return router
}

const word = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.constantFrom('x', 'y', 'z', 'hooks', 'stream', '*', ':id', '', 'token-1', `aw${'T'.repeat(30)}`),
)
const request = fc.record({
  method: fc.constantFrom('GET', 'PATCH', 'POST'),
  path: fc.array(word, { maxLength: 4 }).map((words) => `/${words.join('/')}`),
})

describe('the router', () => {
  it('leads where the trie leads, with the same parameters, asked once or again', ({ expect }) => {
    const [remembering, trie] = [routed(new RememberingRouter<string>()), routed(new TrieRouter<string>())]
    const found = (router: Router<string>, method: string, path: string) =>
      router.match(method, path)[0].map(([handler, params]) => [handler, { ...params }])
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        for (const { method, path } of [...requests, ...requests])
          expect(found(remembering, method, path), path).toEqual(found(trie, method, path))
      }),
    )
    const [id, other] = ['0196f3a0-0000-7000-8000-000000000001', '0196F3A0-0000-7000-8000-000000000002']
    for (let n = 0; n < 2; n++)
      for (const token of [`aw${'a'.repeat(30)}`, `aw${'b'.repeat(30)}`, 'grafana'])
        expect(found(remembering, 'POST', `/hooks/grafana/${token}`)).toEqual(
          found(trie, 'POST', `/hooks/grafana/${token}`),
        )
    for (const path of [`/x/${id}/y/${other}`, `/x/${other}/y/${id}`, `/x/${id}/y/${id}`, `/x/${id}`, '/x'])
      for (let times = 0; times < 2; times++)
        expect(found(remembering, 'GET', path)).toEqual(found(trie, 'GET', path))
  })
})
