/**
 * What went wrong with an object, in sentences. The words of Kubernetes are left as they are (`OOMKilled`), and ours say no
 * more than they do: whoever reads them looks for signs of a cause.
 */
import { showEvent, showPod, showWorkload } from './digest'
import type { KubernetesEvent, Pod, Workload } from './objects'

/** Containers that wait or have ended, and pods that nobody runs. Times in ms: only ends within them count. */
export function podTexts(pod: Pod, from: number, to: number): readonly string[] {
  const { namespace, name, phase, reason, message, containers, troubles } = showPod(pod)
  const who = `Pod ${namespace ?? '?'}/${name}`
  const unscheduled = troubles.find(({ type, reason }) => type === 'PodScheduled' && reason !== null)
  return [
    ...(phase === 'Failed' && reason !== null ? [`${who} has failed: ${said(reason, message)}.`] : []),
    ...(phase === 'Pending' && unscheduled !== undefined
      ? [`${who} is pending: ${said(unscheduled.reason ?? '', unscheduled.message)}.`]
      : []),
    ...containers.flatMap((container) => {
      const it = `${who}, container ${container.name}`
      const { state, stateReason, lastEnd, restarts } = container
      const waits = state === 'waiting' && stateReason !== null && !STARTING.has(stateReason)
      const at = Date.parse(lastEnd?.at ?? '')
      return [
        ...(lastEnd !== null && at >= from && at <= to
          ? [`${it} ended with ${endOf(lastEnd)} at ${lastEnd.at ?? ''}; restarts so far: ${restarts}.`]
          : []),
        ...(waits ? [`${it} is waiting: ${stateReason}; restarts so far: ${restarts}.`] : []),
      ]
    }),
  ]
}

const STARTING = new Set(['ContainerCreating', 'PodInitializing'])

const endOf = ({ reason, exitCode }: { readonly reason: string | null; readonly exitCode: number | null }) =>
  `${reason ?? 'no reason'}${exitCode === null || exitCode === 0 ? '' : ` (exit code ${exitCode})`}`

/** Whether an event was still told in the span. */
export const isDuring =
  (from: number, to: number) =>
  (event: KubernetesEvent): boolean => {
    const { firstSeen, lastSeen } = showEvent(event)
    return Date.parse(lastSeen ?? '') >= from && Date.parse(firstSeen ?? lastSeen ?? '') <= to
  }

export function eventText(event: KubernetesEvent): string {
  const { object, reason, message, count, lastSeen } = showEvent(event)
  const often = count === 1 ? '' : `, ${count} times`
  return `${object}: ${said(reason ?? '?', message)} (last at ${lastSeen ?? '?'}${often}).`
}

/** A deployment that lacks replicas, or one about which there is something to tell. */
export function workloadText(workload: Workload, isTold: boolean): readonly string[] {
  const { namespace, name, desired, ready, revision, containers, conditions } = showWorkload(workload)
  const lacks = desired !== null && ready < desired
  if (!lacks && !isTold) return []
  const images = containers.flatMap(({ image }) => image ?? []).join(', ')
  const problems = conditions.filter(({ status }) => status === 'False').map(({ reason }) => reason ?? '')
  return [
    `Deployment ${namespace ?? '?'}/${name} has ${ready} of ${desired ?? '?'} replicas ready, revision ${revision ?? '?'}, ${images}${problems.map((problem) => `; ${problem}`).join('')}.`,
  ]
}

const said = (reason: string, message: string | null): string =>
  message === null || message === '' ? reason : `${reason}: ${message.replace(/\.$/, '')}`
