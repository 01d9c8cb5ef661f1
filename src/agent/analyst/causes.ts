/** The root-cause claims: a fixed sentence per mechanism and what supports it. */

import type { Claim } from '../findings'
import type { CaseFile } from './case-file'
import { cargoSentence, changeSentence, claim, dependants, nameOfChange } from './claims'
import type { Candidate } from './fusion'
import type { Cue } from './cues'
import { alertedFirst } from './failure-shapes'
import { isChange, type ChangeMechanism, type Mechanism, type MechanismFound } from './mechanism'
import { spreadingClaims } from './spreading'
import { clock, exactly, list, plain, quoted } from './wording'

type Cause = Exclude<Mechanism, 'monitoring_artifact' | ChangeMechanism>

const SENTENCES: Readonly<Record<Cause, (service: string) => string>> = {
  out_of_memory: (service) => `${service} ran out of memory`,
  crash_loop: (service) => `${service} keeps crashing and restarting`,
  disk_full: (service) => `${service} ran out of disk space`,
  pool_exhaustion: (service) => `${service} ran out of free connections`,
  resource_limit: (service) => `${service} ran into a limit of its processes, such as threads or open files`,
  certificate: (service) => `${service} has a certificate problem`,
  dns: (service) => `Names that ${service} needs could not be resolved`,
  network_failure: (service) => `The network of ${service} loses or refuses traffic`,
  node_failure: (service) => `A machine that ${service} runs on failed`,
  access_denied: (service) => `${service} was refused access`,
  quota: (service) => `${service} ran into a quota or rate limit`,
  data_lock: (service) => `${service} is held up by locks or replication lag in its data store`,
  bad_data: (service) => `${service} meets data that it cannot read`,
  retry_storm: (service) => `${service} failed first, and repeated requests keep it from recovering`,
  noisy_neighbour: (service) => `${service} takes what services that do not call it need`,
  dependency_failure: (service) => `${service} reports failures between it and a service it works with`,
  traffic_surge: (service) => `${service} received far more requests before anything else went wrong`,
  cpu_saturation: (service) => `${service} ran out of CPU`,
  external_provider: (service) => `A provider that ${service} may use has an open incident`,
  unknown: (service) => `The trouble starts at ${service}, by a cause that the evidence does not name`,
}

/** Claims of section `root_cause` for a ranked cause. The first one carries the headline. */
export function rootCause(file: CaseFile, first: Candidate, found: MechanismFound): readonly Claim[] {
  return [...leading(file, first, found), ...support(file, first)]
}

function leading(file: CaseFile, first: Candidate, found: MechanismFound): readonly Claim[] {
  if (found.mechanism === 'monitoring_artifact') return [artifactClaim(file, found)]
  const timeline = file.timeline.item
  if (isChange(found.mechanism) && first.change !== null) {
    const cargo = cargoSentence(first.change.change)
    return [
      claim('root_cause', changeSentence(first.change, first), [first.change.item]),
      ...(cargo === null ? [] : [claim('root_cause', cargo, [first.change.item])]),
    ]
  }
  const mechanism = isChange(found.mechanism) ? 'unknown' : found.mechanism
  const name = plain(first.service)
  if (mechanism === 'external_provider') {
    const said = file.providers.map((one) => `${plain(one.provider)} (${plain(one.title)})`)
    return [
      claim(
        'root_cause',
        `${SENTENCES.external_provider(name)}: ${list(said, 2)}.`,
        file.providers.map((one) => one.item),
      ),
    ]
  }
  const words = found.cue?.quote ?? null
  const quote = words === null ? null : quoted(words)
  const items = [found.cue?.item, ...first.anomalies.slice(0, 1).map((series) => series.item)]
  const said = quote === null ? '' : `: its evidence says ${quote}`
  const cause =
    mechanism === 'dependency_failure' && (first.components.G ?? 0) >= 0.5
      ? `${name} failed, and services that depend on it followed`
      : SENTENCES[mechanism](name)
  const from = items.every((item) => item === undefined) ? [timeline, file.topology?.item] : items
  return [claim('root_cause', `${cause}${said}.`, from)]
}

/** A conclusion about the monitoring invents no outage. */
export function artifactClaim(file: CaseFile, found: MechanismFound): Claim {
  const texts = {
    test: 'This is a test of the alerting, not an outage: every alert of the incident is marked as a test.',
    no_data:
      'The monitoring has no data: every alert of the incident says that data is missing, which does not show an outage.',
    flapping: flappingText(file),
  }
  return claim('root_cause', texts[found.artifact ?? 'flapping'], [file.timeline.item])
}

function flappingText(file: CaseFile): string {
  const titles = [...new Set(file.timeline.value.alerts.map((alert) => plain(alert.title)))]
  return `${list(titles, 3)} flapped several times within an hour, and no other signal confirms an outage.`
}

function support(file: CaseFile, first: Candidate): readonly Claim[] {
  const claims: Claim[] = []
  const name = plain(first.service)
  const timeline = file.timeline.item
  const others = file.timeline.value.services.length - (first.hasAlert ? 1 : 0)
  const touched = dependants(file, first).length
  if ((first.components.G ?? 0) >= 0.3 && touched > 0) {
    const order = first.hasAlert
      ? alertedFirst(file, first)
        ? `${name} alerted first, and`
        : `${name} alerted too, and`
      : `${name} has no alert of its own, but`
    const who =
      touched === others
        ? others === 1
          ? 'the other alerting service depends'
          : `all ${others} other alerting services depend`
        : `${touched} of the ${others} other alerting services ${touched === 1 ? 'depends' : 'depend'}`
    claims.push(claim('root_cause', `${order} ${who} on it.`, [timeline, file.topology?.item]))
  }
  claims.push(...spreadingClaims(file, first))
  const [series] = first.anomalies
  if (series !== undefined && series.score.onset !== null) {
    const lead = Math.round((file.onset - series.score.onset) / 1000)
    const when = lead > 0 ? `${exactly(lead)} before the first alert` : `at ${clock(series.score.onset)}`
    claims.push(
      claim(
        'root_cause',
        `The series ${plain(series.name)} of ${name} went ${series.score.direction ?? 'off'} ${when}.`,
        [series.item, timeline],
      ),
    )
  }
  if (first.template !== null) {
    const line = quoted(first.template.template) ?? plain(first.template.template)
    claims.push(
      claim(
        'root_cause',
        `${name} logs ${line} ${first.template.incident} times, against ${first.template.baseline} before.`,
        [first.template.item],
      ),
    )
  }
  return claims
}

/** One line per candidate of an undetermined cause: what points to it. */
export function candidateClaim(file: CaseFile, candidate: Candidate, cue: Cue | null = null): Claim {
  const name = plain(candidate.service)
  const alert = file.timeline.value.services.find((service) => service.service === candidate.service)
  const points: string[] = []
  if (alert !== undefined) {
    points.push(`it fired ${plain(alert.firstTitle)} at ${clock(Date.parse(alert.firstAlertAt))}`)
  }
  const touched = dependants(file, candidate).length
  if (touched > 0)
    points.push(`${touched} alerting ${touched === 1 ? 'service depends' : 'services depend'} on it`)
  if (candidate.change !== null) {
    const { dt, change } = candidate.change
    points.push(
      `${nameOfChange(change)} ended ${dt >= 0 ? `${exactly(dt)} earlier` : `${exactly(-dt)} later`}`,
    )
  }
  const [series] = candidate.anomalies
  if (series !== undefined)
    points.push(`its series ${plain(series.name)} went ${series.score.direction ?? 'off'}`)
  if (candidate.template !== null)
    points.push(`it logs ${quoted(candidate.template.template) ?? plain(candidate.template.template)}`)
  if (cue !== null && cue.quote !== null)
    points.push(`its evidence says ${quoted(cue.quote) ?? plain(cue.quote)}`)
  const only = points.length === 1 ? '; no other signal supports it' : ''
  return claim('root_cause', `${name}: ${points.join('; ')}${only} (score ${candidate.score}).`, [
    alert === undefined ? null : file.timeline.item,
    touched > 0 ? file.timeline.item : null,
    touched > 0 ? file.topology?.item : null,
    candidate.change?.item,
    series?.item,
    candidate.template?.item,
    cue?.item,
  ])
}
