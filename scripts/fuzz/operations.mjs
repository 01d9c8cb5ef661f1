// What the API says of itself, as a flat list of operations.
import { Validator } from '@cfworker/json-schema'

/** Every operation of an OpenAPI document, with a validator for each documented answer. */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content?.['application/json']?.schema ?? null,
      answers: answersOf(operation.responses, document.components.schemas),
    })),
  )
}

const validators = new WeakMap()
function validatorOf(schema) {
  const known = validators.get(schema) ?? new Validator(schema, '2020-12', true)
  validators.set(schema, known)
  return known
}

/** By status: null for an answer without a body, else validators by media type. */
function answersOf(responses, schemas) {
  const entries = Object.entries(responses).map(([status, { content }]) => {
    if (content === undefined) return [status, null]
    const byType = Object.entries(content).map(([type, { schema }]) => {
      const target = schema.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)]
      return [type, validatorOf(target)]
    })
    return [status, Object.fromEntries(byType)]
  })
  return Object.fromEntries(entries)
}

/** The answer to a request that no operation takes: the common error. */
export const anyError = (document) => validatorOf(document.components.schemas.Error)
