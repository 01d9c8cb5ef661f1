import { describe, it } from 'vitest'
import { api } from '../support/api'
import { routes } from '../support/routes'

describe('the API document', () => {
  it('names every declared route with its parameters, schemas and refusals', async ({ expect }) => {
    const answer = await api().get('/openapi.json')
    expect(answer.status).toBe(200)
    const document = answer.body
    expect(document.openapi).toBe('3.1.0')
    for (const { method, path, spec } of routes) {
      if (spec === null) continue
      const operation =
        document.paths[path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')]?.[method.toLowerCase()]
      expect(operation, `${method} ${path}`).toBeDefined()
      expect(operation.summary).toBe(spec.summary)
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(Object.keys(spec.answers)))
    }
  })

  it('gives each operation an id of its own', async ({ expect }) => {
    const { body } = await api().get('/openapi.json')
    const ids = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is a page that asks no other host for anything', async ({ expect }) => {
    const answer = await api().fetch('/docs')
    const page = await answer.text()
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(page).toContain('/api/incidents/:incident_id')
    expect(page).not.toMatch(/<script|(?:src|href)="(?:https?:)?\/\//)
  })
})
