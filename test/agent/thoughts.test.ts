import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { feedThoughts, finishThoughts, plainText, startThoughts } from '../../src/agent/thoughts'

function split(pieces: readonly (readonly [string, number])[]): string[] {
  let state = startThoughts(0)
  const all: string[] = []
  for (const [text, now] of pieces) {
    const step = feedThoughts(state, text, now)
    state = step.state
    all.push(...step.thoughts)
  }
  return [...all, ...finishThoughts(state)]
}

const LONG = 'The failed deployment ended four minutes before the first alert.'

describe('thoughts', () => {
  it('end at the first sentence end once fifty characters are there', ({ expect }) => {
    expect(split([[`Short one. ${LONG} Then more follows here.`, 10]])).toEqual([
      `Short one. ${LONG}`,
      'Then more follows here.',
    ])
  })

  it('end after a second at the last sentence end with twenty characters', ({ expect }) => {
    const first = feedThoughts(startThoughts(0), 'This is a short thought. And', 999)
    expect(first.thoughts).toEqual([])
    const second = feedThoughts(first.state, '', 1000)
    expect(second.thoughts).toEqual(['This is a short thought.'])
    expect(second.state).toEqual({ buffer: 'And', lastFlushAt: 1000 })
    expect(feedThoughts(startThoughts(0), 'Too short. Yes', 5000).thoughts).toEqual([])
  })

  it('do not end inside a number, even when its rest is still on its way', ({ expect }) => {
    const text = 'The 95th percentile of the response time rose to about 3.5 seconds and stayed there. Next.'
    expect(split([[text, 0]])).toEqual([text.replace(' Next.', ''), 'Next.'])
    const state = feedThoughts(startThoughts(0), `${'x'.repeat(60)} 3. `, 0)
    expect(state.thoughts).toEqual([])
    expect(feedThoughts(state.state, '5 more', 0).thoughts).toEqual([])
    expect(feedThoughts(state.state, 'Then', 0).thoughts).toHaveLength(1)
  })

  it('do not end inside a code span', ({ expect }) => {
    const text = 'I looked at the query `select a. from b. where c? ` for a long while! Good.'
    expect(split([[text, 0]])).toEqual([text.replace(' Good.', ''), 'Good.'])
  })

  it('always write the rest, however short', ({ expect }) => {
    expect(split([['Hm', 0]])).toEqual(['Hm'])
    expect(split([['', 0]])).toEqual([])
  })

  it('lose and double nothing, however the text is cut', ({ expect }) => {
    const text = `${LONG} It carried commit \`9f8c. 1d2e\`! Is 1.5 much? ${LONG}\n\nEnd`
    const words = (parts: readonly string[]): string => parts.join(' ').replaceAll(/\s+/g, ' ')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 20 }), (sizes) => {
        const pieces: [string, number][] = []
        let rest = text
        for (const size of sizes) {
          pieces.push([rest.slice(0, size), pieces.length * 200])
          rest = rest.slice(size)
        }
        expect(words(split([...pieces, [rest, pieces.length * 200]]))).toBe(words([text]))
      }),
    )
  })

  it('have a plain form', ({ expect }) => {
    expect(plainText('## Look\n- **two** [links](https://x) and `code`')).toBe('Look\ntwo links and code')
  })
})
