/** Asking a cluster through the agent inside it: the same questions as commands, which a real kubectl understands, too. */
import type { AgentCall } from '../vendor-ctx'
import { ok, type Outcome } from '../outcome'
import type { OperationOutcome } from '../operation'
import { KINDS, type KindName } from './kinds'
import type { Question } from './question'
import { usageOfTable } from './usage'

const COMMAND_MS = 10_000
const TOO_LARGE = 'The answer is too large; narrow it with a namespace or a selector'

/** Objects as they are, logs as text, usage as rows. */
export async function askAgent(
  call: AgentCall,
  clusterId: string,
  question: Question,
): Promise<OperationOutcome> {
  const command = commandOf(question)
  const reply = await call(clusterId, command, COMMAND_MS)
  if (reply.kind !== 'answer') return troubleOf(reply)
  if (!reply.success) return refusalOf(reply.error ?? '')
  const data = dataOf(question, reply.output)
  if (data !== undefined) return ok({ url: `kubectl ${command}`, status: 200, data })
  return reply.truncated ? { kind: 'invalid_arguments', message: TOO_LARGE } : { kind: 'vendor_error' }
}

/** The server's version, which every agent may ask for. */
export async function agentVersion(call: AgentCall, clusterId: string): Promise<Outcome<unknown>> {
  const reply = await call(clusterId, 'version -o json', COMMAND_MS)
  if (reply.kind !== 'answer') return troubleOf(reply)
  return reply.success ? ok(jsonOf(reply.output)) : { kind: 'vendor_error' }
}

function troubleOf(reply: Exclude<Awaited<ReturnType<AgentCall>>, { kind: 'answer' }>) {
  switch (reply.kind) {
    case 'refused':
      return { kind: 'blocked', text: reply.text } as const
    case 'busy':
      return { kind: 'rate_limited', retryAfterSeconds: 5 } as const
    case 'no_agent':
    case 'agent_gone':
    case 'timeout':
      return { kind: 'unreachable' } as const
  }
}

/** What the cluster said no to, by the words that its API puts in front. */
function refusalOf(error: string): OperationOutcome {
  if (/\(NotFound\)|Metrics API not available/i.test(error)) return { kind: 'not_found' }
  if (/\(Forbidden\)/.test(error)) return { kind: 'insufficient_permission' }
  return /\(BadRequest\)/.test(error)
    ? { kind: 'invalid_arguments', message: 'The cluster does not understand the request' }
    : { kind: 'vendor_error' }
}

function dataOf(question: Question, output: string): unknown {
  switch (question.ask) {
    case 'list':
    case 'get':
      return jsonOf(output)
    case 'logs':
      return output
    case 'top':
      return usageOfTable(output, question.of, question.namespace === null)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The command of a question. Its values are checked before: none has a space or begins like a flag. */
function commandOf(question: Question): string {
  switch (question.ask) {
    case 'list': {
      const { kind, namespace, labelSelector, fieldSelector } = question
      const where = [...place(kind, namespace), ...chosen(labelSelector)]
      const field = fieldSelector === undefined ? [] : [`--field-selector=${fieldSelector}`]
      return ['get', KINDS[kind].plural, ...where, ...field, '-o', 'json'].join(' ')
    }
    case 'get': {
      const { kind, namespace, name } = question
      return ['get', KINDS[kind].plural, name, ...place(kind, namespace), '-o', 'json'].join(' ')
    }
    case 'logs': {
      const { namespace, pod, container, tailLines, sinceSeconds, previous } = question
      const from = container === undefined ? [] : ['-c', container]
      const amount = [`--tail=${tailLines}`, `--since=${sinceSeconds}s`]
      return ['logs', pod, '-n', namespace, ...from, ...amount, ...(previous ? ['--previous'] : [])].join(' ')
    }
    case 'top': {
      const { of, namespace, labelSelector } = question
      if (of === 'nodes') return 'top nodes --no-headers'
      const where = [...place('pod', namespace), ...chosen(labelSelector)]
      return ['top', 'pods', ...where, '--containers', '--no-headers'].join(' ')
    }
  }
}

function place(kind: KindName, namespace: string | null): readonly string[] {
  if (!KINDS[kind].namespaced) return []
  return namespace === null ? ['-A'] : ['-n', namespace]
}

const chosen = (labelSelector: string | undefined): readonly string[] =>
  labelSelector === undefined ? [] : ['-l', labelSelector]
