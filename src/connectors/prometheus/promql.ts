/** Pieces of PromQL. What a service is called is data: it is quoted and escaped, never part of the language. */

/** The label of an answer's series where none of the metric's own labels is the bare name of the service. */
const SERVICE = 'aurora_service'

/** The series of some services: how they are selected, and how they are joined to one series a service. */
export interface Selection {
  /** The label that names the service in the answer. */
  readonly label: string
  /** What stands for the names in a query. */
  readonly names: string
  /** A selector; `matchers` are further ones, each behind a comma. */
  readonly metric: (name: string, matchers?: string) => string
  /** An aggregation by service, and by `also` (each name before a comma). */
  readonly by: (operation: string, vector: string, also?: string) => string
}

/** Series that name the service in a label. `pattern` is RE2; unless it is the `whole` value, its first group is the name. */
export const labelled = (label: string, pattern: string, whole: boolean): Selection => ({
  label: whole ? label : SERVICE,
  names: quoted(pattern),
  metric: (name, matchers = '') => `${name}{${label}=~${quoted(pattern)}${matchers}}`,
  by: (operation, vector, also = '') =>
    whole
      ? `${operation} by (${also}${label}) (${vector})`
      : `${operation} by (${also}${SERVICE}) (label_replace(${vector}, "${SERVICE}", "$1", "${label}", ${quoted(pattern)}))`,
})

/** Series whose metric's own name begins with the name of the service. */
export const prefixed = (service: string): Selection => ({
  label: SERVICE,
  names: quoted(service),
  metric: (name, matchers = '') => `${name}{${matchers.slice(1)}}`,
  by: (operation, vector, also = '') =>
    `${operation} by (${also}${SERVICE}) (label_replace(${vector}, "${SERVICE}", ${quoted(service)}, "", ""))`,
})

/** Text as a PromQL string. */
export const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

/** Text as an RE2 expression that matches it alone. */
export const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
