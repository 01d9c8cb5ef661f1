/** Whether confidence can be trusted: that of analyses, beside what people thought of them. */
import { VERDICTS } from '../../drizzle/schema/values'
import { calibrationOf, type Band } from '../store/calibration'
import type { Ctx } from './context'

export interface Calibration {
  readonly judged: number
  readonly brier: number | null
  readonly bands: readonly {
    readonly verdict: Band['verdict']
    readonly judged: number
    readonly helpful: number
    readonly confidence: number | null
    readonly brier: number | null
  }[]
}

/**
 * The Brier score of confidence: the mean of its squared distance from 1 where a person called the analysis helpful, from 0
 * where not. 0 is perfect, 0.25 what always saying one half comes to. Null where nobody judged.
 * Source: Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
 */
export async function readCalibration({ db }: Ctx): Promise<Calibration> {
  const known = await calibrationOf(db)
  const judged = known.reduce((sum, band) => sum + band.judged, 0)
  const error = known.reduce((sum, band) => sum + band.judged * band.squaredError, 0)
  return {
    judged,
    brier: judged === 0 ? null : rounded(error / judged),
    bands: VERDICTS.map((verdict) => {
      const band = known.find((one) => one.verdict === verdict)
      return {
        verdict,
        judged: band?.judged ?? 0,
        helpful: band?.helpful ?? 0,
        confidence: band === undefined ? null : rounded(band.confidence),
        brier: band === undefined ? null : rounded(band.squaredError),
      }
    }),
  }
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000
