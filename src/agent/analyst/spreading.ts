/** Claims about trouble that did not come up the call graph: load that went down it, work left lying, what is shared on a host. */

import type { Claim } from '../findings'
import type { CaseFile } from './case-file'
import { claim } from './claims'
import type { Candidate } from './fusion'
import { serviceKey } from './names'
import { neglects, stoppedAt } from './neglect'
import { rise } from './signs'
import { clock, list, plain } from './wording'

/** How a candidate hurt services that do not call it. */
export function spreadingClaims(file: CaseFile, first: Candidate): readonly Claim[] {
  const hurt = file.scope.filter(
    (service) =>
      file.effects.hops(service, first.service) === 1 && file.graph.hops(service, first.service) === null,
  )
  const called = hurt.filter((service) => file.graph.hops(first.service, service) === 1)
  const beside = hurt.filter((service) => file.graph.hops(first.service, service) === null)
  return [
    ...called.map((service) =>
      neglects(file, { from: first.service, to: service })
        ? neglectClaim(file, first, service)
        : loadClaim(file, first, service),
    ),
    ...(beside.length === 0 ? [] : [hostClaim(file, first, beside)]),
  ]
}

function loadClaim(file: CaseFile, first: Candidate, called: string): Claim {
  const name = plain(first.service)
  const sent = rise(file, first.service, ['request_rate'])
  const received = rise(file, called, ['request_rate'])
  const what =
    sent === null
      ? `After the change, requests to ${plain(called)}, which ${name} calls, went up`
      : `The requests of ${name} went up before the trouble of ${plain(called)}, which it calls`
  const since = sent ?? received
  return claim('root_cause', `${what}${since === null ? '' : `, at ${clock(since)}`}.`, [
    file.topology?.item,
    file.measured.get(serviceKey(first.service)),
    file.measured.get(serviceKey(called)),
    sent === null ? first.change?.item : null,
  ])
}

function neglectClaim(file: CaseFile, first: Candidate, called: string): Claim {
  const name = plain(first.service)
  const since = stoppedAt(file, first.service)
  const when = since === null ? '' : `, at ${clock(since)}`
  return claim(
    'root_cause',
    `${name} restarted or did less than before${when}, and ${plain(called)}, which it calls, holds more than usual since then.`,
    [
      file.topology?.item,
      file.measured.get(serviceKey(first.service)),
      file.measured.get(serviceKey(called)),
    ],
  )
}

function hostClaim(file: CaseFile, first: Candidate, beside: readonly string[]): Claim {
  const others = list(beside.map((service) => plain(service)))
  const [run, they] = beside.length === 1 ? ['runs', 'it'] : ['run', 'they']
  return claim(
    'root_cause',
    `${others} ${run} on a host of ${plain(first.service)}, which took more of it before ${they} showed a sign.`,
    [file.timeline.item, file.measured.get(serviceKey(first.service))],
  )
}
