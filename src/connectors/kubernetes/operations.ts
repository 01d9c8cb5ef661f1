/** What a cluster can be asked, whether through its API or the agent inside it. Secrets and configuration are not on the list. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { operation, type Operation, type OperationOutcome, type Vendor } from '../operation'
import { ok } from '../outcome'
import {
  eventsByTime,
  podsByTrouble,
  showAnything,
  showAutoscaler,
  showNode,
  showPod,
  showWorkload,
} from './digest'
import { WORKLOADS, type KindName } from './kinds'
import { anything, autoscaler, event, itemsOf, node, pod, workload } from './objects'
import type { AskCluster } from './question'
import { kubernetesServiceEvents } from './service-events'

/** Names of objects (RFC 1123), which cannot be mistaken for a flag or a path. */
const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/)
const namespace = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
/** Equality-based: `app=checkout,tier!=cache`. */
const labelSelector = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9._/-]+(!?={1,2}[A-Za-z0-9._-]*)?(,[A-Za-z0-9._/-]+(!?={1,2}[A-Za-z0-9._-]*)?)*$/)
const limit = z.int().min(1).max(200).default(50)
const workloadKind = z.enum(WORKLOADS)
const describable = z.enum([
  'pod',
  'node',
  'service',
  'ingress',
  'persistentvolumeclaim',
  'horizontalpodautoscaler',
  ...WORKLOADS,
])

/** What is shown of an answer; one that makes no sense is the cluster's error. */
function shown<T>(outcome: OperationOutcome, show: (data: unknown) => T | null): OperationOutcome {
  if (outcome.kind !== 'ok') return outcome
  const data = show(outcome.value.data)
  return data === null ? { kind: 'vendor_error' } : ok({ ...outcome.value, data })
}

/** A list, cut to `limit`, that says how long it was. */
function shownList<T, U>(
  outcome: OperationOutcome,
  schema: Schema<T>,
  limit: number,
  show: (items: readonly T[]) => readonly U[],
): OperationOutcome {
  return shown(outcome, (data) => {
    const found = itemsOf(data, schema)
    if (found === null) return null
    const all = show(found.items)
    return { total: all.length, truncated: found.more || all.length > limit, items: all.slice(0, limit) }
  })
}

const shownOne = <T, U>(
  outcome: OperationOutcome,
  schema: Schema<T>,
  show: (one: T) => U,
): OperationOutcome =>
  shown(outcome, (data) => {
    const one = z.safeParse(schema, data)
    return one.success ? show(one.data) : null
  })

/** The operations over one way of asking. */
export const operationsOver = <M>(ask: AskCluster<M>): readonly Operation<M>[] => [
  kubernetesServiceEvents(ask),
  operation({
    name: 'list_namespaces',
    description: 'The namespaces of the cluster.',
    input: z.strictObject({ limit }),
    run: async (vendor: Vendor<M>, { limit }) =>
      shownList(await ask(vendor, list('namespace', null)), anything, limit, (all) => all.map(showAnything)),
  }),
  operation({
    name: 'list_pods',
    description: 'Pods with phase, restarts, and why containers wait or ended; those in trouble first.',
    input: z.strictObject({
      namespace: namespace.optional(),
      labelSelector: labelSelector.optional(),
      limit,
    }),
    run: async (vendor: Vendor<M>, { namespace = null, labelSelector, limit }) =>
      shownList(await ask(vendor, { ...list('pod', namespace), labelSelector }), pod, limit, podsByTrouble),
  }),
  operation({
    name: 'get_pod',
    description: 'One pod: containers, restarts, last ends, conditions.',
    input: z.strictObject({ namespace, pod: name }),
    run: async (vendor: Vendor<M>, { namespace, pod: podName }) =>
      shownOne(await ask(vendor, { ask: 'get', kind: 'pod', namespace, name: podName }), pod, showPod),
  }),
  operation({
    name: 'pod_logs',
    description: 'The last lines of a container; `previous` for the one before its last restart.',
    input: z.strictObject({
      namespace,
      pod: name,
      container: name.optional(),
      tailLines: z.int().min(1).max(500).default(300),
      sinceSeconds: z.int().min(1).max(86_400).default(1800),
      previous: z.boolean().default(false),
    }),
    run: (vendor: Vendor<M>, input) => ask(vendor, { ask: 'logs', ...input }),
  }),
  operation({
    name: 'list_events',
    description: 'Events, newest first: OOM kills, failed probes, scheduling, image pulls.',
    input: z.strictObject({
      namespace: namespace.optional(),
      /** Name of the pod, deployment or node they are about. */
      object: name.optional(),
      type: z.enum(['Warning', 'Normal']).optional(),
      limit,
    }),
    run: async (vendor: Vendor<M>, { namespace = null, object, type, limit }) => {
      const fields = [
        ...(object === undefined ? [] : [`involvedObject.name=${object}`]),
        ...(type === undefined ? [] : [`type=${type}`]),
      ]
      const fieldSelector = fields.length === 0 ? undefined : fields.join(',')
      const answer = await ask(vendor, { ...list('event', namespace), fieldSelector })
      return shownList(answer, event, limit, eventsByTime)
    },
  }),
  operation({
    name: 'list_workloads',
    description:
      'Deployments, replica sets and the like with desired and ready replicas, images, conditions.',
    input: z.strictObject({
      kind: workloadKind.default('deployment'),
      namespace: namespace.optional(),
      labelSelector: labelSelector.optional(),
      limit,
    }),
    run: async (vendor: Vendor<M>, { kind, namespace = null, labelSelector, limit }) =>
      shownList(await ask(vendor, { ...list(kind, namespace), labelSelector }), workload, limit, (all) =>
        all.map(showWorkload),
      ),
  }),
  operation({
    name: 'get_workload',
    description: 'One deployment, replica set, stateful set, daemon set, job or cron job.',
    input: z.strictObject({ kind: workloadKind.default('deployment'), namespace, name }),
    run: async (vendor: Vendor<M>, { kind, namespace, name }) =>
      shownOne(await ask(vendor, { ask: 'get', kind, namespace, name }), workload, showWorkload),
  }),
  operation({
    name: 'describe',
    description: 'An object with its conditions and the events about it.',
    input: z
      .strictObject({ kind: describable, namespace: namespace.optional(), name, limit })
      .refine((it) => it.kind === 'node' || it.namespace !== undefined, 'Name the namespace'),
    run: async (vendor: Vendor<M>, { kind, namespace = null, name, limit }) => {
      const [object, events] = await Promise.all([
        ask(vendor, { ask: 'get', kind, namespace, name }),
        ask(vendor, { ...list('event', namespace), fieldSelector: `involvedObject.name=${name}` }),
      ])
      return shown(object, (data) => {
        const about = events.kind === 'ok' ? itemsOf(events.value.data, event) : null
        const described = showKind(kind, data)
        // Events of objects that are read may be closed to us: the object is worth having without them.
        const recent = about === null ? null : eventsByTime(about.items).slice(0, limit)
        return described === null ? null : { object: described, events: recent }
      })
    },
  }),
  operation({
    name: 'top_pods',
    description: 'CPU (millicores) and memory (MiB) of containers now.',
    input: z.strictObject({ namespace: namespace.optional(), labelSelector: labelSelector.optional() }),
    run: (vendor: Vendor<M>, { namespace = null, labelSelector }) =>
      ask(vendor, { ask: 'top', of: 'pods', namespace, labelSelector }),
  }),
  operation({
    name: 'top_nodes',
    description: 'CPU (millicores) and memory (MiB) of nodes now.',
    input: z.strictObject({}),
    run: (vendor: Vendor<M>) => ask(vendor, { ask: 'top', of: 'nodes', namespace: null }),
  }),
  operation({
    name: 'list_nodes',
    description: 'Nodes: whether they are ready, under pressure, cordoned; capacity.',
    input: z.strictObject({ limit }),
    run: async (vendor: Vendor<M>, { limit }) =>
      shownList(await ask(vendor, list('node', null)), node, limit, (all) => all.map(showNode)),
  }),
  operation({
    name: 'list_autoscalers',
    description: 'Horizontal pod autoscalers with current, desired and greatest number of replicas.',
    input: z.strictObject({ namespace: namespace.optional(), limit }),
    run: async (vendor: Vendor<M>, { namespace = null, limit }) =>
      shownList(await ask(vendor, list('horizontalpodautoscaler', namespace)), autoscaler, limit, (all) =>
        all.map(showAutoscaler),
      ),
  }),
]

const list = (kind: KindName, namespace: string | null) => ({ ask: 'list', kind, namespace }) as const

function showKind(kind: z.infer<typeof describable>, data: unknown): object | null {
  const as = <T>(schema: Schema<T>, show: (one: T) => object): object | null => {
    const one = z.safeParse(schema, data)
    return one.success ? show(one.data) : null
  }
  switch (kind) {
    case 'pod':
      return as(pod, showPod)
    case 'node':
      return as(node, showNode)
    case 'horizontalpodautoscaler':
      return as(autoscaler, showAutoscaler)
    case 'service':
    case 'ingress':
    case 'persistentvolumeclaim':
      return as(anything, showAnything)
    default:
      return as(workload, showWorkload)
  }
}
