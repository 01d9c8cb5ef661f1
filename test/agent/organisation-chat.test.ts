import { describe, it } from 'vitest'
import { answerFreely } from '../../src/agent/builtin/organisation-chat'
import { organisationIntent, severitiesIn, subjectOf } from '../../src/agent/builtin/organisation-intents'
import type { OverviewBlock } from '../../src/agent/builtin/prompt'

const ID = '0190b6d3-10aa-7bcd-8123-0a1b2c3d4e03'

const one = (over: Partial<OverviewBlock> = {}): OverviewBlock => ({
  id: ID,
  title: 'Checkout is slow',
  service: 'checkout',
  severity: 'critical',
  status: 'investigating',
  startedAt: '2026-01-01T10:00:00.000Z',
  resolvedAt: null,
  summary: 'Investigating Checkout is slow on checkout...',
  ...over,
})

const about = (
  over: Partial<Parameters<typeof answerFreely>[1]> = {},
): Parameters<typeof answerFreely>[1] => ({
  kind: 'organisation',
  counts: { investigating: 0, analyzed: 0, resolved: 0 },
  open: [],
  recent: [],
  named: [],
  evidence: [],
  ...over,
})

describe('the intent of a free question', () => {
  it.for([
    ['help', 'help'],
    ['What can you do?', 'help'],
    ['who are you', 'help'],
    ['Hi', 'greeting'],
    ['Good morning!', 'greeting'],
    ['Thanks a lot', 'thanks'],
    ['What is open?', 'open'],
    ['which incidents are open right now', 'open'],
    ['any critical incidents?', 'open'],
    ['How many alerts are firing?', 'open'],
    ['Is everything ok?', 'open'],
    ['status', 'open'],
    ['list incidents', 'recent'],
    ['Show me the latest incidents', 'recent'],
    ['Which incidents were resolved today?', 'resolved'],
    ['Write a poem', null],
    ['What is the weather like?', null],
  ] as const)('%s: %s', ([question, intent], { expect }) => {
    expect(organisationIntent(question)).toBe(intent)
  })

  it.for([
    ['status of checkout', 'checkout'],
    ['What is the status of the incident on payment-api?', 'payment-api'],
    ['how is the login service', 'login service'],
    ['what about "Disk full"?', 'disk full'],
    ['tell me about Kafka lag', 'kafka lag'],
    ['is checkout down?', 'checkout'],
    ['status of our incidents', null],
    ['is everything ok?', null],
    ['What is open?', null],
  ] as const)('%s names %s', ([question, words], { expect }) => {
    expect(subjectOf(question)?.words ?? null).toBe(words)
  })

  it('finds an id of any case, and the severities', ({ expect }) => {
    expect(subjectOf(`and ${ID.toUpperCase()}?`)).toEqual({ id: ID, words: '' })
    expect(severitiesIn('critical and HIGH incidents, highest first')).toEqual(['critical', 'high'])
  })
})

describe('a free answer', () => {
  it('lists what is open with links, and says how many there are', ({ expect }) => {
    const open = Array.from({ length: 12 }, (_, n) => one({ title: `Incident ${n}` }))
    const answer = answerFreely(
      'What is open?',
      about({ counts: { investigating: 10, analyzed: 4, resolved: 9 }, open }),
    )
    expect(answer).toContain('14 incidents are open: 10 under investigation, 4 analysed.')
    expect(answer).toContain(
      `- [Incident 0](/incidents/${ID}): critical, investigating on checkout, began 2026-01-01 10:00:00 UTC`,
    )
    expect(answer.split('\n').filter((line) => line.startsWith('- ['))).toHaveLength(10)
    expect(answer).toContain('- and 4 more')
  })

  it('of a severity lists only those', ({ expect }) => {
    const open = [one({ title: 'A' }), one({ title: 'B', severity: 'low' })]
    const known = about({ counts: { investigating: 2, analyzed: 0, resolved: 0 }, open })
    expect(answerFreely('critical incidents', known)).toMatch(
      /^1 open incident of severity critical\.\n\n- \[A]/,
    )
    expect(answerFreely('medium incidents that are open', known)).toBe(
      'No open incident has severity medium.',
    )
  })

  it('describes the incident that a question names', ({ expect }) => {
    const named = [
      one({ status: 'resolved', resolvedAt: '2026-01-01T10:30:00.000Z', summary: '## Cause\nPool' }),
    ]
    expect(answerFreely('status of checkout', about({ named }))).toBe(
      [
        `[Checkout is slow](/incidents/${ID}): critical, resolved on checkout, began 2026-01-01 10:00:00 UTC. It was resolved at 2026-01-01 10:30:00 UTC, after 30 minutes.`,
        'Cause Pool',
        'For the evidence, ask in the chat of that incident.',
      ].join('\n\n'),
    )
  })

  it('lets no title break its links or smuggle in markup', ({ expect }) => {
    const open = [one({ title: 'x](https://evil.example) <b> `[y' })]
    const answer = answerFreely(
      'open incidents',
      about({ counts: { investigating: 1, analyzed: 0, resolved: 0 }, open }),
    )
    expect(answer).not.toContain('](https')
    expect(answer).not.toContain('<b>')
  })

  it('admits what it cannot tell', ({ expect }) => {
    expect(answerFreely('Write a poem', about())).toMatch(/^I cannot tell that without a language model/)
    expect(answerFreely('status of mars', about())).toMatch(
      /^I find no incident whose title or service has "mars"/,
    )
    expect(answerFreely(ID, about())).toBe('Your organisation has no incident with this id.')
    expect(answerFreely('list incidents', about())).toBe('There are no incidents yet.')
    expect(answerFreely('resolved incidents', about())).toBe('No incident has been resolved yet.')
  })
})
