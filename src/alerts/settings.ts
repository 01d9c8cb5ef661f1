/** Settings of an integration: those common to all sources, and those that single sources read. */
import * as z from 'zod'
import type { FieldError } from '../lib/errors'
import { SEVERITIES } from './canonical'
import { mappingSchema } from './mapping-schema'

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/)
const seconds = z.int().min(0).max(2_592_000)
const text = z.string().min(1).max(200)

const sourceSettings = z.object({
  /** Start background runs; when false the incident still opens. */
  investigate: z.boolean(),
  /** Lowest severity that starts a run. */
  minRunSeverity: z.enum(SEVERITIES),
  reopenWindowSeconds: seconds,
  /** Resolve an alert not seen for this long; null for never. */
  autoResolveSeconds: seconds.min(1).nullable(),
  startDelaySeconds: seconds,
  defaultSeverity: z.enum(SEVERITIES),
  defaultService: text.nullable(),
  defaultEnvironment: text.nullable(),
  /** Label names left out when a label fingerprint is computed here. */
  dropLabels: z.array(z.string().min(1).max(128)).max(64),
  /** Name of the header that carries a Grafana signature. */
  signatureHeader: headerName.nullable(),
  /** Name of the header with Grafana's timestamp; set, it is mandatory and part of the signed bytes. */
  timestampHeader: headerName.nullable(),
  /** Accept signatures without a timestamp. */
  legacySignature: z.boolean(),
  /** Result fields that belong to the identity of a Splunk alert. */
  groupFields: z.array(z.string().min(1).max(128)).max(16),
  /** Which failed builds open an alert. */
  openOnFailure: z.enum(['always', 'production']),
  /** Amazon SNS topics whose messages are accepted. */
  topicArns: z.array(z.string().max(512)).max(100),
  /** What the vendor's test delivery named, to be entered in its settings. */
  verificationToken: text.nullable(),
  /** How foreign JSON becomes canonical alerts. */
  mapping: mappingSchema.nullable(),
})
export type SourceSettings = z.infer<typeof sourceSettings>

/** A PATCH of settings: unknown names are refused. */
export const sourceSettingsPatch = z.strictObject(sourceSettings.partial().shape)

export const DEFAULT_SETTINGS: SourceSettings = {
  investigate: true,
  minRunSeverity: 'unknown',
  reopenWindowSeconds: 600,
  autoResolveSeconds: null,
  startDelaySeconds: 0,
  defaultSeverity: 'unknown',
  defaultService: null,
  defaultEnvironment: null,
  dropLabels: [],
  signatureHeader: null,
  timestampHeader: null,
  legacySignature: false,
  groupFields: ['host', 'service'],
  openOnFailure: 'production',
  topicArns: [],
  verificationToken: null,
  mapping: null,
}

/** The settings in force: `stored` over the source's own defaults over the common ones. A stored value that does not fit counts as absent. */
export function settingsFor(
  source: { readonly settings?: Partial<SourceSettings> },
  stored: Readonly<Record<string, unknown>>,
): SourceSettings {
  const defaults = { ...DEFAULT_SETTINGS, ...source.settings }
  const whole = sourceSettings.safeParse({ ...defaults, ...stored })
  if (whole.success) return whole.data
  const broken = new Set(whole.error.issues.map((issue) => issue.path[0]))
  const sound = Object.entries(stored).filter(([name]) => !broken.has(name))
  return sourceSettings.parse({ ...defaults, ...Object.fromEntries(sound) })
}

/** What is wrong with a PATCH of settings, field by field; empty when nothing is. */
export function settingsProblems(patch: unknown): FieldError[] {
  const parsed = sourceSettingsPatch.safeParse(patch)
  if (parsed.success) return []
  return parsed.error.issues.map((issue) => ({
    path: ['settings', ...issue.path].join('.'),
    message: issue.message,
  }))
}
