/** The registry of alert sources: to add a sender, write its file and name it here. */
import { alertmanager } from './alertmanager'
import { generic } from './generic'
import { grafana } from './grafana'
import type { AlertSource } from './source'

export const sources: readonly AlertSource[] = [grafana, alertmanager, generic]

/** The source with this slug, or null. */
export const findSource = (slug: string): AlertSource | null =>
  sources.find((source) => source.slug === slug) ?? null
