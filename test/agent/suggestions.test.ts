import { describe, it } from 'vitest'
import { finishSuggestions, riskOf, type SuggestionDraft } from '../../src/agent/suggestions'
import { observed } from './fakes'

const draft = (over: Partial<SuggestionDraft> = {}): SuggestionDraft => ({
  type: 'mitigation',
  title: 'Roll back',
  description: 'Do it.',
  risk: 'medium',
  command: null,
  rationale: '',
  undo: null,
  summary: '',
  evidence: [1],
  ...over,
})
const evidence = [observed(1, 'alert_timeline', {})]

describe('suggestions', () => {
  it('have a risk that code decides', ({ expect }) => {
    expect(riskOf(draft({ type: 'diagnostic', risk: 'high' }))).toBe('safe')
    expect(riskOf(draft({ risk: 'safe' }))).toBe('low')
    expect(riskOf(draft())).toBe('medium')
    for (const command of [
      'kubectl delete pod x',
      'git push --force',
      'rm -rf /',
      'TRUNCATE t',
      'git reset --hard',
    ]) {
      expect(riskOf(draft({ type: 'diagnostic', command }))).toBe('high')
    }
    expect(riskOf(draft({ type: 'diagnostic', command: 'cat undeleted.txt' }))).toBe('safe')
  })

  it('are at most four, unique by title and by command, on one line, without endless commands', ({
    expect,
  }) => {
    const drafts = [
      draft({ title: ' Roll\nback ' }),
      draft({ title: 'roll back' }),
      draft({ title: 'A', command: 'ls  -l' }),
      draft({ title: 'B', command: 'ls -l' }),
      draft({ title: 'C', command: 'x'.repeat(501) }),
      ...['D', 'E', 'F'].map((title) => draft({ title })),
    ]
    expect(finishSuggestions(drafts, 'rules', evidence).map((one) => one.title)).toEqual([
      'Roll back',
      'A',
      'D',
      'E',
    ])
  })

  it('of a model need evidence that exists', ({ expect }) => {
    expect(finishSuggestions([draft({ evidence: [9] })], 'model', evidence)).toEqual([])
    expect(finishSuggestions([draft({ evidence: [9, 1, 1] })], 'model', evidence)[0]).toMatchObject({
      evidence: [1],
      origin: 'model',
    })
  })
})
