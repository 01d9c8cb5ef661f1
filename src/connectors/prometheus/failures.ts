/** Which label of a counter of requests tells that they failed, and with which values. Faults of the caller are none. */

const HTTP = [
  'status',
  'code',
  'status_code',
  'response_code',
  'http_status_code',
  'http_response_status_code',
  'http_status',
  'http_code',
  'response_status',
  'status_class',
  'envoy_response_code_class',
  'envoy_response_code',
] as const
const GRPC = [
  'grpc_code',
  'grpc_status',
  'grpc_status_code',
  'grpc_response_status',
  'rpc_grpc_status_code',
  'rpc_response_status_code',
] as const
const OUTCOME = ['outcome', 'classification', 'result'] as const

/** Words for failures, those of OpenTelemetry, Micrometer, Linkerd and the server's own of gRPC among them. */
const WORDS =
  '(?i:errors?|err|(?:server|status_code)_error|fail(?:ed|ure)?|exception|timeout|timed_out|internal|unknown|unavailable|unimplemented|deadline_?exceeded|data_?loss|resource_?exhausted)'
const HTTP_FAILURES = `5|5..|${WORDS}`
const GRPC_FAILURES = `2|4|8|12|13|14|15|${WORDS}`
/** Micrometer calls an outcome unknown that has none, such as a request that was cancelled. */
const OUTCOME_FAILURES = WORDS.replace('unknown|', '')

/** Labels by which requests are told apart. */
export const STATUS_LABELS = [...HTTP, ...GRPC, ...OUTCOME, 'success', 'error'] as const

/** Matchers of the requests that failed, each set without those before it; none when no label tells. */
export function failing(labels: ReadonlyMap<string, unknown>): readonly string[] {
  const has = (label: string): boolean => labels.has(label)
  const http = HTTP.find(has)
  const grpc = GRPC.find(has)
  // A call of gRPC may fail in an answer whose HTTP status is 200.
  if (http !== undefined && grpc !== undefined)
    return [`,${http}=~"${HTTP_FAILURES}"`, `,${http}!~"${HTTP_FAILURES}",${grpc}=~"${GRPC_FAILURES}"`]
  if (http !== undefined) return [`,${http}=~"${HTTP_FAILURES}"`]
  if (grpc !== undefined) return [`,${grpc}=~"${GRPC_FAILURES}"`]
  const outcome = OUTCOME.find(has)
  if (outcome !== undefined) return [`,${outcome}=~"${OUTCOME_FAILURES}"`]
  if (has('success')) return [',success=~"(?i:false|0)"']
  return has('error') ? [',error=~"(?i:true|1)"'] : []
}
