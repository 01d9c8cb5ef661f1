import { describe, it } from 'vitest'
import type { EvidenceItem } from '../../src/agent/evidence'
import {
  findingsFrom,
  findingsSchema,
  lowerVerdict,
  validateFindings,
  type Claim,
  type Findings,
} from '../../src/agent/findings'
import { MAX_SUMMARY, renderSummary } from '../../src/agent/summary'
import { observed } from './fakes'

const evidence: readonly EvidenceItem[] = [
  observed(1, 'alert_timeline', { title: 'HighErrorRate', text: 'line one\nline "two"' }),
  observed(2, 'recent_changes', { ref: 'deploy/checkout-api#1042' }),
  observed(3, 'get_alert_payload', { note: 'injected words' }, { trust: 'low' }),
  observed(4, 'prometheus_query_range', null, { status: 'error', errorCode: 'timeout' }),
  observed(5, 'alert_history', {}, { status: 'empty' }),
]

const cause = (over: Partial<Claim> = {}): Claim => ({
  section: 'root_cause',
  text: 'Deployment `deploy/checkout-api#1042` ended with FAILURE.',
  evidence: [2],
  origin: 'rules',
  ...over,
})
const findings = (claims: readonly Claim[], over: Partial<Findings> = {}): Findings => ({
  verdict: 'likely',
  headline: 'A headline.',
  claims,
  ruledOut: [],
  notChecked: [],
  ...over,
})
const reasons = (claims: readonly Claim[]): readonly string[] =>
  validateFindings(findings(claims), evidence).dropped.map((one) => one.reason)

describe('validation of findings', () => {
  it('keeps what its evidence supports', ({ expect }) => {
    const { findings: kept, dropped } = validateFindings(findings([cause()]), evidence)
    expect(dropped).toEqual([])
    expect(kept.claims).toEqual([cause()])
    expect(kept.verdict).toBe('likely')
    expect(kept.headline).toBe('Likely cause: deployment deploy/checkout-api#1042 ended with FAILURE.')
  })

  it('drops claims without evidence, with unknown numbers only, and with failed or empty evidence only', ({
    expect,
  }) => {
    expect(reasons([cause({ evidence: [] })])).toEqual(['no_evidence'])
    expect(reasons([cause({ evidence: [99] })])).toEqual(['unknown_evidence'])
    expect(reasons([cause({ evidence: [4, 5] })])).toEqual(['unknown_evidence'])
  })

  it('removes unknown numbers and repeats from a claim that has a good one', ({ expect }) => {
    const { findings: kept } = validateFindings(findings([cause({ evidence: [99, 2, 4, 2] })]), evidence)
    expect(kept.claims[0]?.evidence).toEqual([2])
  })

  it('does not count numbers typed into the text, and strips them', ({ expect }) => {
    expect(reasons([cause({ text: 'It was the database [1, 2].', evidence: [] })])).toEqual(['no_evidence'])
    const { findings: kept } = validateFindings(
      findings([cause({ text: 'It was [1] the database [2, 3].' })]),
      evidence,
    )
    expect(kept.claims[0]?.text).toBe('It was the database.')
    expect(reasons([cause({ text: '[1]' })])).toEqual(['empty'])
  })

  it('drops quotes that do not occur in the cited evidence', ({ expect }) => {
    expect(reasons([cause({ text: 'It says `pool exhausted`.' })])).toEqual(['quote_not_found'])
    expect(reasons([cause({ text: 'It says "HighErrorRate".' })])).toEqual(['quote_not_found'])
    expect(reasons([cause({ text: 'It says "higherrorrate".', evidence: [1] })])).toEqual([])
    expect(reasons([cause({ text: 'It says `line one line "two"`.', evidence: [1] })])).toEqual([])
    expect(reasons([cause({ text: 'Short `abc` is free.' })])).toEqual([])
    expect(reasons([cause({ text: 'The call was `recent_changes test`.' })])).toEqual([])
  })

  it('lets low trust support a root cause only beside better evidence', ({ expect }) => {
    expect(reasons([cause({ text: 'It is so.', evidence: [3] })])).toEqual(['low_trust_only'])
    expect(reasons([cause({ text: 'It is so.', evidence: [2, 3] })])).toEqual([])
    expect(reasons([cause(), cause({ section: 'impact', text: 'It is so.', evidence: [3] })])).toEqual([])
  })

  it('is inconclusive without a root cause', ({ expect }) => {
    const validated = validateFindings(
      findings(
        [cause({ evidence: [99] }), cause({ section: 'impact', text: 'Users see errors.', evidence: [1] })],
        { verdict: 'confirmed' },
      ),
      evidence,
    )
    expect(validated.findings.verdict).toBe('inconclusive')
    expect(validated.findings.headline).toBe('Root cause undetermined.')
    expect(validated.findings.claims).toHaveLength(1)
  })

  it('judges ruled-out items by the same rules', ({ expect }) => {
    const ruledOut = [
      { text: 'Not the network.', evidence: [77], origin: 'model' as const },
      { text: 'Not the disk.', evidence: [1], origin: 'model' as const },
    ]
    const validated = validateFindings(findings([cause()], { ruledOut }), evidence)
    expect(validated.findings.ruledOut.map((one) => one.text)).toEqual(['Not the disk.'])
    expect(validated.dropped).toEqual([
      { section: 'ruled_out', text: 'Not the network.', evidence: [77], reason: 'unknown_evidence' },
    ])
  })

  it('uses the headline of a model only when its evidence bears it', ({ expect }) => {
    const model = [cause({ origin: 'model' })]
    const headline = (text: string): string =>
      validateFindings(findings(model, { headline: text }), evidence).findings.headline
    expect(headline('Deployment `deploy/checkout-api#1042` broke checkout.')).toBe(
      'Deployment `deploy/checkout-api#1042` broke checkout.',
    )
    expect(headline('The `orders-db` broke.')).toMatch(/^Likely cause: deployment/)
  })

  it('refuses unknown keys and never believes an origin', ({ expect }) => {
    const sent = {
      verdict: 'likely',
      headline: 'x',
      claims: [{ section: 'impact', text: 'x', evidence: [1], origin: 'rules' }],
      ruledOut: [],
      notChecked: [],
    }
    expect(findingsFrom(findingsSchema.parse(sent), 'model').claims[0]?.origin).toBe('model')
    expect(findingsSchema.safeParse({ ...sent, severity: 'low' }).success).toBe(false)
    expect(
      findingsSchema.safeParse({ ...sent, claims: [{ section: 'other', text: 'x', evidence: [1] }] }).success,
    ).toBe(false)
  })

  it('knows the weaker verdict', ({ expect }) => {
    expect(lowerVerdict('confirmed', 'likely')).toBe('likely')
    expect(lowerVerdict('inconclusive', 'confirmed')).toBe('inconclusive')
  })
})

describe('the summary', () => {
  it('has its sections in order, and bullets that are exactly the suggestion titles', ({ expect }) => {
    const text = renderSummary({
      findings: findings(
        [
          cause({ section: 'impact', text: 'Users see errors.', evidence: [1, 2] }),
          cause(),
          cause({ section: 'what_happened', text: 'It broke.', evidence: [1] }),
        ],
        {
          headline: 'Likely cause: x.',
          ruledOut: [{ text: 'Not the disk.', evidence: [1], origin: 'rules' }],
          notChecked: ['Logs: none.'],
        },
      ),
      suggestionTitles: ['Roll back', 'Look at it'],
      modelTookPart: false,
    })
    expect(text).toBe(
      [
        'Likely cause: x.',
        'Deployment `deploy/checkout-api#1042` ended with FAILURE. [2]',
        'It broke. [1]',
        'Users see errors. [1, 2]',
        '## Next Steps\n- Roll back\n- Look at it',
        '## Ruled Out\n- Not the disk. [1]',
        '## Not Checked\n- Logs: none.',
        'Built-in analysis, no language model.',
      ].join('\n\n'),
    )
  })

  it('says which sections came from whom when a model took part', ({ expect }) => {
    const text = renderSummary({
      findings: findings([
        cause({ origin: 'model' }),
        cause({ section: 'impact', text: 'x', evidence: [1] }),
      ]),
      suggestionTitles: [],
      modelTookPart: true,
    })
    expect(text.split('\n').at(-1)).toBe('Sections from the rules: impact; from the model: root cause.')
    expect(text).not.toContain('## Next Steps')
  })

  it('shows at most three unproven candidates when nothing is determined', ({ expect }) => {
    const claims = [1, 2, 3, 4].map((n) => cause({ text: `Candidate text ${n}.` }))
    const text = renderSummary({
      findings: findings(claims, { verdict: 'inconclusive' }),
      suggestionTitles: [],
      modelTookPart: false,
    })
    expect(text.startsWith('Root cause undetermined.\n\nCandidate 1, unproven: Candidate text 1. [2]')).toBe(
      true,
    )
    expect(text).toContain('Candidate 3, unproven')
    expect(text).not.toContain('text 4')
  })

  it('stays within 10,000 characters and gives ruled-out items up first', ({ expect }) => {
    const long = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        text: `${n} ${'x'.repeat(500)}`,
        evidence: [1],
        origin: 'rules' as const,
      }))
    const text = renderSummary({
      findings: findings([cause()], { ruledOut: long(30), notChecked: ['Logs: none.'] }),
      suggestionTitles: ['Roll back'],
      modelTookPart: false,
    })
    expect(text.length).toBeLessThanOrEqual(MAX_SUMMARY)
    expect(text).toContain('- 0 xxx')
    expect(text).not.toContain('- 29 xxx')
    expect(text).toContain('## Not Checked\n- Logs: none.')
    expect(text.endsWith('Built-in analysis, no language model.')).toBe(true)
    const huge = renderSummary({
      findings: findings(
        long(30).map((item) => ({ ...item, section: 'impact' as const, text: item.text.repeat(3) })),
        { headline: 'H.' },
      ),
      suggestionTitles: ['Roll back'],
      modelTookPart: false,
    })
    expect(huge.length).toBeLessThanOrEqual(MAX_SUMMARY)
    expect(huge).toContain('- Roll back')
  })
})
