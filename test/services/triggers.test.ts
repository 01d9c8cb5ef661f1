import { describe, it } from 'vitest'
import { decideRun } from '../../src/services/correlation/triggers'
import { DAY, HOUR, MINUTE } from '../../src/lib/time'
import { T } from '../support/alerts'

type Facts = Parameters<typeof decideRun>[0]
type Run = Facts['runs'][number]

const SETTINGS: Facts['settings'] = {
  investigate: true,
  minRunSeverity: 'unknown',
  reopenWindowSeconds: 600,
  autoResolveSeconds: null,
  startDelaySeconds: 0,
}

/** A run that began so long ago and is over. */
const began = (ago: number, over: Partial<Run> = {}): Run => ({
  id: 'run',
  incidentId: 'incident',
  ordinal: 1,
  endedAt: T,
  trigger: 'opened',
  state: 'succeeded',
  createdAt: T - ago,
  startedAt: T - ago,
  services: ['checkout'],
  ...over,
})

const decided = (over: Partial<Facts>) =>
  decideRun({
    trigger: 'opened',
    severity: 'medium',
    service: 'checkout',
    settings: SETTINGS,
    enabled: true,
    runs: [],
    now: T,
    ...over,
  })

const QUIET = 30 * MINUTE
const AFTER = [began(QUIET)]

describe('an investigation', () => {
  it.for([
    ['an incident opens', {}, true],
    [
      'its severity is the least that is asked for',
      { settings: { ...SETTINGS, minRunSeverity: 'medium' } },
      true,
    ],
    ['its severity is below that', { settings: { ...SETTINGS, minRunSeverity: 'high' } }, false],
    ['its integration does not want any', { settings: { ...SETTINGS, investigate: false } }, false],
    ['the organisation does not want any', { enabled: false }, false],
    ['it reopens half an hour after the last one began', { trigger: 'reopened', runs: AFTER }, true],
    ['it reopens sooner', { trigger: 'reopened', runs: [began(QUIET - 1)] }, false],
    ['a maintenance window ends', { trigger: 'released', runs: AFTER }, true],
    ['it becomes critical', { trigger: 'escalated', severity: 'critical', runs: AFTER }, true],
    ['it becomes graver, but not critical', { trigger: 'escalated', severity: 'high', runs: AFTER }, false],
    ['an alert of another service joins', { trigger: 'joined', service: 'web', runs: AFTER }, true],
    ['an alert of a service joins that was looked at', { trigger: 'joined', runs: AFTER }, false],
    ['an alert of no service joins', { trigger: 'joined', service: null, runs: AFTER }, false],
    ['one is under way', { trigger: 'reopened', runs: [began(HOUR, { state: 'running' })] }, false],
    [
      'three began within a day',
      { trigger: 'reopened', runs: [HOUR, 2 * HOUR, DAY - 1].map((ago) => began(ago)) },
      false,
    ],
    [
      'the third began a day ago',
      { trigger: 'reopened', runs: [HOUR, 2 * HOUR, DAY].map((ago) => began(ago)) },
      true,
    ],
    [
      'people asked for some of the three',
      { trigger: 'reopened', runs: [began(HOUR), began(2 * HOUR, { trigger: 'manual' }), began(3 * HOUR)] },
      true,
    ],
    [
      'the last one was skipped before it began',
      { trigger: 'joined', runs: [began(0, { state: 'cancelled', startedAt: null })] },
      true,
    ],
  ] satisfies readonly (readonly [string, Partial<Facts>, boolean])[])(
    'when %s',
    ([, facts, expected], { expect }) => {
      expect(decided(facts) === 'start').toBe(expected)
    },
  )

  const skippedOne = began(HOUR, { state: 'cancelled', startedAt: null })
  const threeToday = [HOUR, 2 * HOUR, DAY - 1].map((ago) => began(ago))
  it.for([
    ['the organisation does not want any', { enabled: false }, 'disabled'],
    ['the severity is too low', { settings: { ...SETTINGS, minRunSeverity: 'high' } }, 'below_min_severity'],
    ['three began within a day', { trigger: 'reopened', runs: threeToday }, 'run_limit'],
    ['that was said already', { trigger: 'reopened', runs: [skippedOne, ...threeToday] }, null],
    ['nothing new is to be looked at', { trigger: 'joined', runs: threeToday }, null],
    ['one was skipped for the same reason', { enabled: false, runs: [skippedOne] }, null],
  ] satisfies readonly (readonly [string, Partial<Facts>, string | null])[])(
    'that is kept back since %s says so once',
    ([, facts, expected], { expect }) => {
      expect(decided(facts)).toBe(expected)
    },
  )
})
