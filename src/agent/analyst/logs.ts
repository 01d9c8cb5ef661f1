/** How much more of an error there is in the logs than before. */

import { ERROR_WORDS } from '../../lib/line-templates'

const ERROR_WORD = new RegExp(ERROR_WORDS.join('|'), 'i')
const MIN_LINES = 5

/** How much more often a template occurs than before, 0..1; 0 for rare ones and those without an error word. */
export function templateScore(template: string, incident: number, baseline: number): number {
  if (incident < MIN_LINES || !ERROR_WORD.test(template)) return 0
  return Math.min(1, Math.max(0, Math.log2((incident + 0.5) / (baseline + 0.5)) / 4))
}
