/** The correlation settings in force. */
import {
  correlationSettings,
  DEFAULT_CORRELATION,
  type CorrelationSettings,
} from '../../alerts/correlation-settings'
import { given } from '../../lib/given'

/** What is stored, with the defaults in place of what nobody set; stored nonsense counts as unset. */
export function settingsFrom(stored: unknown): CorrelationSettings {
  const parsed = correlationSettings.partial().safeParse(stored ?? {})
  return parsed.success ? withChanges(DEFAULT_CORRELATION, parsed.data) : DEFAULT_CORRELATION
}

/** `changes` over `base`. */
export const withChanges = (
  base: CorrelationSettings,
  changes: { readonly [K in keyof CorrelationSettings]?: CorrelationSettings[K] | undefined },
): CorrelationSettings => correlationSettings.parse({ ...base, ...given(changes) })
