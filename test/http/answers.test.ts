import { Validator, type Schema } from '@cfworker/json-schema'
import { describe, it } from 'vitest'
import { api, apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { seedResources, validBodies } from '../support/resources'
import { fill, routes, UNLIMITED, type Route } from '../support/routes'

const { body: document } = await api().get('/openapi.json')

/** The documented schema of an answer of that type: null for "no body", undefined for "not documented". */
function documented(
  { path, method }: Route,
  status: number,
  type: string | null = 'application/json',
): Schema | null | undefined {
  const operation = document.paths[path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')][method.toLowerCase()]
  const answer = operation.responses[String(status)]
  if (answer === undefined) return undefined
  if (answer.content === undefined || type === null) return answer.content === undefined ? null : undefined
  const schema = answer.content[type.split(';')[0]?.trim() ?? '']?.schema
  return schema?.$ref === undefined ? schema : document.components.schemas.Error
}

/** Reads share one organisation with one of everything; what may change something has one of its own. */
let shared: ReturnType<typeof seeded> | null = null
const seeded = async () => {
  const { token, ...org } = await anOrg()
  return { token, ids: await seedResources(org) }
}

const declared = routes.filter(({ spec, method }) => spec !== null && method !== 'OPTIONS')

describe('the answer of', () => {
  it.for(declared)('$name is the documented one', async (route, { expect }) => {
    const { token, ids } = await (route.method === 'GET' ? (shared ??= seeded()) : seeded())
    const body = validBodies[route.name] ?? (route.body === null ? undefined : {})
    const response = await apiWith(UNLIMITED, bearer(token)).fetch(fill(route.path, ids), {
      method: route.method,
      redirect: 'manual',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const type = response.headers.get('content-type')
    const schema = documented(route, response.status, type)
    expect([route.name, response.status, schema === undefined]).toEqual([route.name, response.status, false])
    if (schema === undefined || schema === null) {
      await response.body?.cancel()
      return
    }
    if (!type?.startsWith('application/json')) {
      await response.body?.cancel()
      return
    }
    const answer: unknown = await response.json()
    const { valid, errors } = new Validator(schema, '2020-12', false).validate(answer)
    expect([
      route.name,
      valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`),
    ]).toEqual([route.name, []])
  })

  it('every refusal is the documented error', async ({ expect }) => {
    const validator = new Validator(document.components.schemas.Error, '2020-12', false)
    for (const route of declared) {
      const { status, body } = await api().call(route.method, route.path)
      if (status < 400 || route.spec?.who === 'public') continue
      expect([route.name, validator.validate(body).valid, documented(route, status) === undefined]).toEqual([
        route.name,
        true,
        false,
      ])
    }
  })
})
