/** The OpenAPI 3.1 document, made from the very schemas that check requests and describe answers. */
import type { Hono } from 'hono'
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { statusOf } from '../../lib/errors'
import type { Endpoint } from '../endpoint'
import type { App } from '../env'
import { operationsOf, type Operation } from './operations'
import { refusalsOf } from './refusals'

type Json = Record<string, unknown>

const errorSchema = z.object({
  error: z.string(),
  code: z.string(),
  request_id: z.string(),
  details: z
    .union([z.array(z.object({ path: z.string(), message: z.string() })), z.record(z.string(), z.unknown())])
    .optional(),
  message: z.string().optional(),
  retry_after_seconds: z.int().optional(),
  error_code: z.string().optional(),
  status: z.literal('error').optional(),
  hint: z.string().optional(),
  action: z.enum(['CONNECT_REQUIRED', 'RECONNECT_REQUIRED']).optional(),
  /** Of several files none could be used. */
  registered: z.array(z.never()).optional(),
  errors: z
    .array(z.object({ filename: z.string(), error: z.string(), hint: z.string().optional() }))
    .optional(),
})

const SECURITY = [{ bearer: [] }, { cookie: [] }]
/** The whole document. `origin` is where this deployment is reached. */
export function openApiDocument(app: Hono<App>, origin: string): Json {
  const paths: Record<string, Json> = {}
  for (const operation of operationsOf(app)) {
    const path = operation.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation, path) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Aurora Edge',
      version: '1.0.0',
      description: 'Alerts in, explained incidents out.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: origin }],
    paths,
    components: {
      schemas: { Error: schemaOf(errorSchema, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'session_token' },
      },
    },
  }
}

function describe(operation: Operation, path: string): Json {
  const { method, endpoint, body, query } = operation
  const open = endpoint.who === 'public'
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    summary: endpoint.summary,
    description: open ? 'Open to everybody.' : `For members from the role ${endpoint.who} on.`,
    tags: [tagOf(path)],
    security: open ? [] : SECURITY,
    parameters: [...pathParameters(path, endpoint.ids), ...queryParameters(query)],
    ...(body === null
      ? {}
      : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: { ...errors(operation), ...answers(endpoint) },
  }
}

/** The first telling part of the path. */
const tagOf = (path: string): string =>
  path.split('/').find((part) => part !== '' && part !== 'api') ?? 'root'

const pathParameters = (path: string, ids: object = {}): Json[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name in ids ? { type: 'string', format: 'uuid' } : { type: 'string' },
  }))

function queryParameters(query: Schema | null): Json[] {
  if (query === null) return []
  const { properties = {}, required = [] } = objectSchema.parse(schemaOf(query, 'input'))
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
})

function answers({ answers, asText }: Endpoint): Json {
  const entries = Object.entries(answers).map(([status, schema]): [string, Json] => {
    const content = {
      ...(schema === null ? {} : { 'application/json': { schema: schemaOf(schema, 'output') } }),
      ...(status === '200' && asText !== undefined ? { [asText]: { schema: { type: 'string' } } } : {}),
    }
    return [status, { description: 'Done.', ...(Object.keys(content).length === 0 ? {} : { content }) }]
  })
  return Object.fromEntries(entries)
}

/** The documented refusals by status, with the codes that clients decide on. */
function errors(operation: Operation): Json {
  const { refusal } = operation.endpoint
  const codes = refusalsOf(operation)
  const byStatus = Map.groupBy(codes, (code) => refusal?.statuses?.[code] ?? statusOf(code))
  const schema =
    refusal === undefined ? { $ref: '#/components/schemas/Error' } : schemaOf(refusal.schema, 'output')
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      { description: list.toSorted().join(', '), content: { 'application/json': { schema } } },
    ]),
  )
}

/** A schema as JSON Schema; what JSON cannot say (a transform, a check of ours) is left open. */
function schemaOf(schema: Schema, io: 'input' | 'output'): Json {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== '$schema' && key !== '~standard'))
}
