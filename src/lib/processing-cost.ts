import { noCost, type Cost } from './cost'

/** What processing alerts has cost the database in this isolate; null, and nothing is counted, until the bench asks. */
let counted: Cost | null = null

export const processingCost = (): Cost | null => counted

/** Counts from now on. */
export function countProcessing(): Cost {
  counted ??= noCost()
  return counted
}
