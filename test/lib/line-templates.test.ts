import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { drain } from '../../src/lib/drain'
import { maskLine } from '../../src/lib/line-masks'
import { textOfLine } from '../../src/lib/line-text'
import { countTemplates, logWindows, templateId } from '../../src/lib/line-templates'

const ONSET = Date.parse('2026-01-01T10:02:30.000Z')
const at = (seconds: number): number => ONSET + seconds * 1000

describe('a line', () => {
  const LINE =
    '2026-01-01T10:02:41.112Z ERROR pool exhausted: 50/50 connections to 10.2.3.4:5432 after 3000ms id=9f8c1d2e4b7a6f5c'

  it('is masked where it differs and has the documented id', async ({ expect }) => {
    const template = maskLine(LINE)
    expect(template).toBe('<ts> ERROR pool exhausted: <n>/<n> connections to <ip> after <n> id=<hex>')
    expect(await templateId(template)).toBe('d39e43942657')
    expect(drain([template]).get(template)).toBe(template)
  })

  it('has its URLs, UUIDs, quotes and white space masked, and stops at 200 characters', ({ expect }) => {
    expect(
      maskLine(
        'GET https://a.example.com/x?y=1  took\t12.5ms "some text" 0199f2a6-0d21-7f32-9b43-5c545d565e76',
      ),
    ).toBe('GET <url> took <n> <str> <uuid>')
    expect(maskLine('web-03 v2 used 95% of 0xDEADbeef'.concat(' x'.repeat(200)))).toHaveLength(200)
    expect(maskLine('web-03 v2 used 95% of 0xDEADbeef')).toBe('web-<n> v2 used <n> of <hex>')
  })
})

describe('a structured line', () => {
  it.for([
    ['{"level":"error","msg":"pool exhausted","pool":50}', 'ERROR pool exhausted'],
    [
      '{"severity":"ERROR","message":"cannot save","error":{"message":"no space left on device"}}',
      'ERROR cannot save no space left on device',
    ],
    ['{"log":"panic: nil map\\n","stream":"stderr"}', 'panic: nil map\n'],
    ['ts=2026-01-01T10:00:00Z level=error msg="say \\"pool exhausted\\"" n=5', 'ERROR say "pool exhausted"'],
    ['level=warn msg=timeout err="dial tcp: refused"', 'WARN timeout dial tcp: refused'],
    ['{"level":"error"}', '{"level":"error"}'],
    ['{broken', '{broken'],
    ['ERROR a=1 b="two"', 'ERROR a=1 b="two"'],
  ] as const)('says what it says, without its quotes: %s', ([line, text], { expect }) => {
    expect(textOfLine(line)).toBe(text)
  })
})

describe('lines that say the same', () => {
  const users = ['ann', 'ben', 'cleo', 'dov', 'eve', 'fay', 'gus', 'hal']
  const denied = users.map((user) => `<ts> WARN login of ${user} denied`)

  it('become one where the words are values', ({ expect }) => {
    expect(new Set(drain(denied).values())).toEqual(new Set(['<ts> WARN login of <*> denied']))
    expect(new Set(drain(['job a7x failed again', 'job b2y failed again']).values())).toEqual(
      new Set(['job <*> failed again']),
    )
  })

  it('stay apart where a few different words make different messages', ({ expect }) => {
    const lines = ['<ts> ERROR pool exhausted', '<ts> ERROR pool closed', '<ts> ERROR pool exhausted again']
    expect([...drain(lines).values()].toSorted()).toEqual(lines.toSorted())
  })

  it('become the same whatever the order in which they came', ({ expect }) => {
    const words = fc.constantFrom('ERROR', 'GET', 'x1', '<n>', 'pool', 'of', ...users)
    const line = fc.array(words, { minLength: 1, maxLength: 6 }).map((it) => it.join(' '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const templates = drain(lines)
        expect(drain(lines.toReversed())).toEqual(templates)
        // A template keeps the number of words of its lines.
        for (const [one, template] of templates)
          expect(template.split(' ')).toHaveLength(one.split(' ').length)
      }),
      { numRuns: 50 },
    )
  })
})

describe('lines around an onset', () => {
  it('are counted in windows that end now at the latest', async ({ expect }) => {
    expect(logWindows(ONSET, at(60))).toEqual({
      incident: [at(-300), at(60)],
      baseline: [at(-960), at(-600)],
    })
    const seconds = [10, 20, -700, -500]
    const lines = seconds.map((second, index) => ({ at: at(second), text: `error ${index}` }))
    expect(await countTemplates(lines, ONSET, at(60))).toEqual([
      { id: await templateId('error <n>'), template: 'error <n>', incident: 2, baseline: 1, since: null },
    ])
  })

  it('tell when a burst began', async ({ expect }) => {
    const steady = Array.from({ length: 20 }, (_, index) => ({ at: at(index * 60 - 290), text: 'error' }))
    const before = steady.map((line) => ({ ...line, at: line.at - 1_500_000 }))
    const burst = Array.from({ length: 30 }, (_, index) => ({ at: at(125 + index), text: 'error' }))
    const rows = await countTemplates([...before, ...steady, ...burst], ONSET, at(900))
    expect(rows).toMatchObject([{ incident: 50, baseline: 20, since: '2026-01-01T10:04:30.000Z' }])
    expect(await countTemplates([...before, ...steady], ONSET, at(900))).toMatchObject([{ since: null }])
  })
})
