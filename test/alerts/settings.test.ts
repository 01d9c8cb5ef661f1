import { describe, it } from 'vitest'
import { DEFAULT_SETTINGS, settingsFor, settingsProblems } from '../../src/alerts/settings'

describe('the settings of an integration', () => {
  it('are the stored ones over those of its source over the common ones', ({ expect }) => {
    const source = { settings: { autoResolveSeconds: 3600, legacySignature: true } }
    expect(settingsFor(source, { legacySignature: false })).toEqual({
      ...DEFAULT_SETTINGS,
      autoResolveSeconds: 3600,
      legacySignature: false,
    })
  })

  it('survive stored values that no longer fit', ({ expect }) => {
    const stored = { investigate: 'yes', reopenWindowSeconds: 60, mapping: { fields: {} }, retired: 1 }
    expect(settingsFor({}, stored)).toEqual({ ...DEFAULT_SETTINGS, reopenWindowSeconds: 60 })
  })

  it('name every bad field of a change', ({ expect }) => {
    expect(settingsProblems({ investigate: false, autoResolveSeconds: null })).toEqual([])
    const problems = settingsProblems({
      minRunSeverity: 'bad',
      reopenWindowSeconds: -1,
      signatureHeader: 'a b',
    })
    expect(problems.map(({ path }) => path)).toEqual([
      'settings.minRunSeverity',
      'settings.reopenWindowSeconds',
      'settings.signatureHeader',
    ])
    expect(settingsProblems('text')).toHaveLength(1)
  })
})
