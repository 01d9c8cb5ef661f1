/** Asking the API of a cluster directly. */
import { ok } from '../outcome'
import type { OperationOutcome, Vendor } from '../operation'
import { read, withQuery } from '../read'
import { KINDS } from './kinds'
import type { Question } from './question'
import { usageOf } from './usage'

/** Objects are large and only a digest of them is kept. */
const MOST_BYTES = 5 * 1024 * 1024
const MOST_OBJECTS = 250
/** Events are small, and come in no order of time: the newest may be the last. */
const MOST_EVENTS = 2000
const METRICS = '/apis/metrics.k8s.io/v1beta1'

/** Objects as they are, logs as text, usage as rows. */
export async function askApi(
  vendor: Vendor<unknown>,
  server: string,
  question: Question,
): Promise<OperationOutcome> {
  const outcome = await read(vendor, `${server}${pathOf(question)}`, { maxBytes: MOST_BYTES })
  if (outcome.kind !== 'ok' || question.ask !== 'top') return outcome
  return ok({ ...outcome.value, data: usageOf(outcome.value.data) })
}

function pathOf(question: Question): string {
  switch (question.ask) {
    case 'list': {
      const { labelSelector, fieldSelector } = question
      return withQuery(collection(question), {
        labelSelector,
        fieldSelector,
        limit: question.kind === 'event' ? MOST_EVENTS : MOST_OBJECTS,
      })
    }
    case 'get':
      return `${collection(question)}/${encodeURIComponent(question.name)}`
    case 'logs': {
      const { namespace, pod, container, tailLines, sinceSeconds, previous } = question
      const base = `${collection({ kind: 'pod', namespace })}/${encodeURIComponent(pod)}/log`
      return withQuery(base, { container, tailLines, sinceSeconds, previous: previous || undefined })
    }
    case 'top': {
      const { of, namespace, labelSelector } = question
      return withQuery(`${METRICS}${within(namespace)}/${of}`, { labelSelector })
    }
  }
}

const collection = ({
  kind,
  namespace,
}: {
  readonly kind: keyof typeof KINDS
  readonly namespace: string | null
}): string => `${KINDS[kind].api}${within(namespace)}/${KINDS[kind].plural}`

const within = (namespace: string | null): string =>
  namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`
