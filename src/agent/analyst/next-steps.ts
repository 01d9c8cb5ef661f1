/** Default suggestions of each mechanism. */

import type { SuggestionDraft } from '../suggestions'
import type { TimelineAlert } from '../tools/alert-timeline'
import type { CaseFile } from './case-file'
import type { Candidate } from './fusion'
import { isChange, type Mechanism } from './mechanism'
import { serviceKey } from './names'
import type { RankedChange } from './changes'
import { STEPS } from './playbook'
import type { Step } from './playbook/step'
import { plain } from './wording'

/** Two to four drafts; `numbers` is the evidence they rest on. */
export function nextSteps(
  file: CaseFile,
  first: Candidate | null,
  mechanism: Mechanism,
  numbers: readonly number[],
): readonly SuggestionDraft[] {
  const name = first === null ? 'the alerting service' : plain(first.service, 80)
  const steps =
    mechanism === 'monitoring_artifact'
      ? artifactSteps(file)
      : isChange(mechanism) && first !== null && first.change !== null
        ? changeSteps(name, first.change)
        : [...STEPS[isChange(mechanism) ? 'unknown' : mechanism](name), ...podStep(file, first)]
  const all = [...steps, ...runbookStep(file)].slice(0, 4)
  return all.map((step) => ({
    command: null,
    undo: null,
    evidence: [...numbers],
    ...step,
    rationale: `The analysis points to ${mechanism.replaceAll('_', ' ')}${first === null ? '' : ` at ${name}`}.`,
    summary: step.title,
  }))
}

function changeSteps(name: string, ranked: RankedChange): readonly Step[] {
  const { change } = ranked
  const target = change.service === null ? name : plain(change.service, 80)
  const build = plain(change.build, 40)
  const commit =
    change.commit !== null && /^[0-9a-f]{7,40}$/.test(change.commit) ? change.commit.slice(0, 12) : null
  const at =
    change.url === null ? `It ran in ${plain(change.provider)}.` : `Its log: ${plain(change.url, 300)}`
  return [
    change.kind === 'deployment'
      ? {
          type: 'mitigation',
          title: `Roll ${target} back to the build before ${build}`,
          description: `Redeploy the last good build with ${plain(change.job)}, and watch whether the alerts resolve.`,
          risk: 'medium',
          undo: `Deploy build ${build} of ${plain(change.job)} again.`,
        }
      : {
          type: 'mitigation',
          title: `Undo ${plain(change.job)} ${build} on ${target}`,
          description: 'Return to the state before this change, and watch whether the alerts resolve.',
          risk: 'medium',
          undo: 'Apply the change again.',
        },
    {
      type: 'diagnostic',
      title: `Read the log of ${plain(change.job, 100)} ${build}`,
      description: `Find the step that failed or what it changed. ${at}`,
      risk: 'safe',
    },
    ...(commit === null
      ? []
      : [
          {
            type: 'diagnostic' as const,
            title: `Review commit ${commit}`,
            description: `See what the change touched${change.author === null ? '' : `, and ask ${plain(change.author, 60)}`}.`,
            risk: 'safe' as const,
            command: `git show --stat ${commit}`,
          },
        ]),
    {
      type: 'prevent',
      title: `Check the health of ${target} before its rollouts go on`,
      description: 'Let the rollout stop by itself when errors rise or a step fails.',
      risk: 'low',
    },
  ]
}

function artifactSteps(file: CaseFile): readonly Step[] {
  const title = plain(file.timeline.value.alerts[0]?.title ?? 'the alert', 100)
  return [
    {
      type: 'diagnostic',
      title: `Check the rule behind ${title}`,
      description:
        'Look at its data source, its threshold and how long a condition must hold before it fires.',
      risk: 'safe',
    },
    {
      type: 'prevent',
      title: `Let ${title} hold longer before it fires`,
      description: 'A longer pending time or a gap between firing and resolving keeps it from flapping.',
      risk: 'low',
    },
  ]
}

/** Kubernetes labels of an alert name the pod; only names that are safe on a command line are used. */
function podStep(file: CaseFile, first: Candidate | null): readonly Step[] {
  const safe = (value: string | undefined): value is string =>
    value !== undefined && /^[a-z0-9][a-z0-9.-]{0,100}$/.test(value)
  const alert = file.timeline.value.alerts.find(
    (one: TimelineAlert) =>
      first !== null &&
      one.service !== null &&
      serviceKey(one.service) === serviceKey(first.service) &&
      safe(one.labels['namespace']) &&
      safe(one.labels['pod']),
  )
  const pod = alert?.labels['pod']
  const namespace = alert?.labels['namespace']
  if (!safe(pod) || !safe(namespace)) return []
  return [
    {
      type: 'diagnostic',
      title: `Describe pod ${pod}`,
      description: 'Its events and last state tell why it is unwell.',
      risk: 'safe',
      command: `kubectl -n ${namespace} describe pod ${pod}`,
    },
  ]
}

/** The runbook that an alert links to, else what was found for it. */
function runbookStep(file: CaseFile): readonly Step[] {
  const alert = file.timeline.value.alerts.find((one) => one.runbookUrl !== null)
  if (alert === undefined || alert.runbookUrl === null)
    return file.runbook === null ? [] : [foundStep(file.runbook)]
  return [
    {
      type: 'diagnostic',
      title: `Follow the runbook of ${plain(alert.title, 100)}`,
      description: `The alert names this runbook: ${plain(alert.runbookUrl, 500)}`,
      risk: 'safe',
    },
  ]
}

function foundStep({ item, value }: NonNullable<CaseFile['runbook']>): Step {
  const where = value.url === null ? `see ${plain(value.source)}.` : plain(value.url, 500)
  return {
    type: 'diagnostic',
    title: `Read ${plain(value.title, 150)}`,
    description: `It is about this ${value.about}: ${where}`,
    risk: 'safe',
    evidence: [item.number],
  }
}
