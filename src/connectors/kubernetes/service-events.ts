/** What a cluster tells about services: pods in trouble, warnings, rollouts. Four questions, more only in a large cluster. */
import type { Schema } from '../../lib/schema'
import type { Operation, OperationOutcome, Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import { serviceEvents } from '../service-events'
import { isNamed, isPodOf, isWorkloadOf, SELECTORS } from './belonging'
import { event, itemsOf, pod, workload, type Pod } from './objects'
import type { AskCluster, Question } from './question'
import { eventText, isDuring, podTexts, workloadText } from './told'

/** The operation over one way of asking. */
export const kubernetesServiceEvents = <M>(ask: AskCluster<M>): Operation<M> =>
  serviceEvents(
    'Restarts and their reasons, waiting and unscheduled pods, warnings and rollouts of up to 4 services from an hour before the onset to 15 minutes after it.',
    async (vendor: Vendor<M>, { services, from, to }) => {
      const list = <T>(schema: Schema<T>, question: Pick<Listing, 'kind' | 'fieldSelector'>) =>
        listed(ask(vendor, { ask: 'list', namespace: null, ...question }), schema)
      const [pods, warnings, rollouts, workloads] = await Promise.all([
        podsOf(ask, vendor, services),
        list(event, { kind: 'event', fieldSelector: 'type=Warning' }),
        list(event, { kind: 'event', fieldSelector: 'reason=ScalingReplicaSet' }),
        list(workload, { kind: 'deployment' }),
      ])
      if (pods.kind !== 'ok' && warnings.kind !== 'ok') return pods
      const during = [warnings, rollouts].flatMap((found) => itemsIn(found)).filter(isDuring(from, to))
      return ok({
        url: 'kubectl get pods,events,deployments -A',
        failed: Object.entries({ pods, warnings, rollouts, deployments: workloads }).flatMap(
          ([what, { kind }]) => (kind === 'ok' ? [] : [what]),
        ),
        services: services.flatMap((service) => {
          const own = itemsIn(pods).filter((one) => isPodOf(one, service))
          const names = new Set(own.map(({ metadata }) => metadata.name))
          const about = during.filter(({ involvedObject }) => {
            const name = involvedObject?.name ?? ''
            return names.has(name) || isNamed(name, service)
          })
          const running = itemsIn(workloads).filter((one) => isWorkloadOf(one, service))
          if (own.length + about.length + running.length === 0) return []
          const texts = [
            ...own.flatMap((one) => podTexts(one, from, to)),
            ...about.map(eventText),
            ...running.flatMap((one) => workloadText(one, about.length > 0)),
          ]
          return [{ service, texts: [...new Set(texts)] }]
        }),
      })
    },
  )

type Listing = Extract<Question, { ask: 'list' }>
type Listed<T> = Outcome<{ readonly items: readonly T[]; readonly more: boolean }>

const itemsIn = <T>(found: Listed<T>): readonly T[] => (found.kind === 'ok' ? found.value.items : [])

async function listed<T>(asked: Promise<OperationOutcome>, schema: Schema<T>): Promise<Listed<T>> {
  const outcome = await asked
  if (outcome.kind === 'not_found' || outcome.kind === 'invalid_arguments') return { kind: 'vendor_error' }
  if (outcome.kind !== 'ok') return outcome
  const found = itemsOf(outcome.value.data, schema)
  return found === null ? { kind: 'vendor_error' } : ok(found)
}

/** All pods in one answer, else those with the labels that usually name the service. */
async function podsOf<M>(
  ask: AskCluster<M>,
  vendor: Vendor<M>,
  services: readonly string[],
): Promise<Listed<Pod>> {
  const question = { ask: 'list', kind: 'pod', namespace: null } as const
  const all = await listed(ask(vendor, question), pod)
  const isWhole = all.kind === 'ok' && !all.value.more
  if (isWhole || (all.kind !== 'ok' && all.kind !== 'vendor_error')) return all
  const some = await Promise.all(
    services
      // The characters that values of labels have.
      .filter((service) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(service))
      .flatMap((service) => SELECTORS.map((label) => `${label}=${service}`))
      .map((labelSelector) => listed(ask(vendor, { ...question, labelSelector }), pod)),
  )
  const items = [...itemsIn(all), ...some.flatMap((found) => itemsIn(found))]
  return some.some(({ kind }) => kind === 'ok') ? ok({ items, more: true }) : all
}
