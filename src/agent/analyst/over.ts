/** Telling what set the trouble off from what was over before it began. */

import type { KnownSeries } from './case-file'
import { LED_TO_MS, QUIET } from './series'
import { isSymptom, TELLING } from './signs'

/**
 * Counts no anomaly that had ended when the trouble began that lasts until the first alert (ms). One that ended later may
 * have set it off, such as the failover of a database of which its callers do not recover.
 */
export function withoutOver(series: readonly KnownSeries[], onset: number): readonly KnownSeries[] {
  const lasting = series.filter(
    (one) => isSymptom(one) && TELLING.has(one.profile) && (one.score.until ?? 0) >= onset - LED_TO_MS,
  )
  const began = Math.min(onset, ...lasting.map(({ score }) => score.onset ?? onset))
  return series.map((one) =>
    (one.score.until ?? onset) < began - LED_TO_MS ? { ...one, score: { ...one.score, ...QUIET } } : one,
  )
}
