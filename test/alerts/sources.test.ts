import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { canonicalAlert, changeEvent } from '../../src/alerts/canonical'
import { findSource, sources } from '../../src/alerts'
import { bodyProblem, normalise } from '../../src/alerts/normalise'
import { DEFAULT_SETTINGS, settingsFor } from '../../src/alerts/settings'
import { UnprocessablePayload, type AlertSource } from '../../src/alerts/source'
import { examplesOf, OTHERS, pathsOf, replaced } from '../support/mutations'

const receivedAt = Date.parse('2026-01-01T10:04:45.310Z')
const read = (source: AlertSource, body: unknown) =>
  normalise(source, { body, headers: new Headers(), settings: settingsFor(source, {}), receivedAt })

/** Reads any body: canonical records, or the one typed error. */
async function readsOrRefuses(source: AlertSource, body: unknown): Promise<void> {
  try {
    const result = await read(source, body)
    for (const alert of result.alerts) canonicalAlert.parse(alert)
    for (const change of result.changes) changeEvent.parse(change)
  } catch (error) {
    if (!(error instanceof UnprocessablePayload)) throw error
  }
}

describe.each(sources.map((source) => [source.slug, source] as const))('the source %s', (slug, source) => {
  it('is found by its slug and has documented paths', ({ expect }) => {
    expect(findSource(slug)).toBe(source)
    expect(slug).toMatch(/^[a-z][a-z0-9_]*$/)
    for (const { family, path } of source.aliases ?? []) {
      expect(path.startsWith('/') && !path.endsWith('/')).toBe(true)
      expect(path.includes('{key}')).toBe(family === 'A')
    }
  })

  it('reads its own examples without an error', async ({ expect }) => {
    for (const example of examplesOf(source)) {
      expect(bodyProblem(source, example, settingsFor(source, {}))).toBeNull()
      const { alerts, changes, errors } = await read(source, example)
      expect(errors).toEqual([])
      expect(alerts.length + changes.length).toBeGreaterThan(0)
      for (const alert of alerts) expect(canonicalAlert.parse(alert)).toEqual(alert)
      for (const change of changes) expect(changeEvent.parse(change)).toEqual(change)
    }
  })

  it('gives the same identity for the same delivery', async ({ expect }) => {
    expect(await read(source, source.example)).toEqual(await read(source, structuredClone(source.example)))
  })

  it('survives every field of its examples with every type', async () => {
    for (const example of examplesOf(source))
      for (const path of pathsOf(example))
        for (const other of OTHERS) await readsOrRefuses(source, replaced(example, path, other))
  })

  it('survives any JSON value, at the top and inside', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (body) => readsOrRefuses(source, body)),
      { numRuns: 150 },
    )
    const places = examplesOf(source).flatMap((example) =>
      pathsOf(example).map((path) => ({ example, path })),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), ({ example, path }, other) =>
        readsOrRefuses(source, replaced(example, path, other)),
      ),
      { numRuns: 300 },
    )
  })

  it('refuses other top-level types, and what is nested too deeply', ({ expect }) => {
    const problem = { code: 'invalid_json', message: 'Invalid request body' }
    for (const body of [null, 'text', 5, true])
      expect(bodyProblem(source, body, DEFAULT_SETTINGS)).toEqual(problem)
    let deep: unknown = {}
    for (let level = 1; level < 65; level += 1) deep = { deep }
    expect(bodyProblem(source, { ...Object(source.example), deep }, DEFAULT_SETTINGS)).toEqual(problem)
  })
})

describe('the registry', () => {
  it('has unique slugs and paths, and no unknown source', ({ expect }) => {
    const paths = sources.flatMap((source) => source.aliases ?? []).map((alias) => alias.path)
    expect(new Set(paths).size).toBe(paths.length)
    expect(new Set(sources.map((source) => source.slug)).size).toBe(sources.length)
    expect(findSource('constructor')).toBeNull()
  })

  it('accepts 64 levels and not 65', ({ expect }) => {
    const source = findSource('grafana')
    if (source === null) throw new Error('grafana is not registered')
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    expect(bodyProblem(source, { alerts: nested(63) }, DEFAULT_SETTINGS)).toBeNull()
    expect(bodyProblem(source, { alerts: nested(64) }, DEFAULT_SETTINGS)?.code).toBe('invalid_json')
    expect(bodyProblem(source, { alerts: nested(100_000) }, DEFAULT_SETTINGS)?.code).toBe('invalid_json')
  })

  it('names the required field that is missing', ({ expect }) => {
    const missing = (slug: string, body: unknown) => {
      const source = findSource(slug)
      return source === null ? null : bodyProblem(source, body, DEFAULT_SETTINGS)
    }
    expect(missing('grafana', {})).toEqual({ code: 'validation_failed', message: 'Missing alerts' })
    expect(missing('alertmanager', { alerts: {} })?.message).toBe('Missing alerts')
    expect(missing('generic', { state: 'firing' })?.message).toBe('Missing title')
    expect(missing('pagerduty', { event: {} })?.message).toBe('Missing event.event_type')
    expect(missing('cloudbees', { service: 'x' })?.message).toBe('Missing result')
  })
})
