/** Who can be hurt by whom. */

import type { EdgeFacts } from '../facts'
import { canAccountFor } from './accounts'
import type { CaseFile } from './case-file'
import { leadingChange } from './changes'
import { graphOf, type Graph } from './graph'
import { serviceKey } from './names'
import { neglects } from './neglect'
import { firstSign, firstSymptom, rise, same } from './signs'
import type { Profile } from './shapes'

type Known = Pick<
  CaseFile,
  'timeline' | 'firstAlerts' | 'graph' | 'changes' | 'series' | 'anomalies' | 'templates'
>

/** What services on one host take from each other. */
const SHARED: readonly Profile[] = ['cpu', 'memory', 'disk_io']
const COUNTS_FROM = 0.3

/**
 * Failure comes up the call graph, so an edge leads from the caller to what it calls, unless that cannot account for it. Load
 * goes down it: where a caller that was just changed, or is unwell itself, sends more than before, the edge is turned
 * round; so it is where a consumer leaves its work lying. Services on one host can hurt each other without any call.
 */
export function effectsOf(file: Known, calls: readonly EdgeFacts[]): Graph {
  return graphOf([
    ...calls.flatMap((call) => {
      if (pushes(file, call) || neglects(file, call)) return [{ from: call.to, to: call.from }]
      return canAccountFor(file, call) ? [call] : []
    }),
    ...crowding(file),
  ])
}

/** More requests arrived before the called service showed a sign, and there is a reason for them at the caller. */
function pushes(file: Known, { from, to }: EdgeFacts): boolean {
  const sent = rise(file, from, ['request_rate'])
  const received = rise(file, to, ['request_rate'])
  const since = received ?? sent
  const sign = firstSign(file, to)
  if (since === null || (sign !== null && since >= sign)) return false
  if (received !== null && changedBefore(file, from, received)) return true
  const unwell = firstSymptom(file, from)
  return sent !== null && sent <= since && unwell !== null && (sign === null || unwell <= sign)
}

function changedBefore(file: Known, service: string, at: number): boolean {
  const change = leadingChange(file, service, at)
  return change !== null && change.hops === 0 && change.score >= COUNTS_FROM
}

/** `from` shares a host with `to`, which took more processor or memory before `from` showed a sign. */
function crowding(file: Known): readonly EdgeFacts[] {
  const hosts = hostsOf(file)
  return [...hosts].flatMap(([to, taken]) => {
    const since = rise(file, to, SHARED)
    if (since === null) return []
    return [...hosts.keys()].flatMap((from) => {
      const sign = firstSign(file, from)
      const apart = file.graph.hops(from, to) === null && file.graph.hops(to, from) === null
      const shared = [...(hosts.get(from) ?? [])].some((host) => taken.has(host))
      return !same(from, to) && apart && shared && sign !== null && since <= sign ? [{ from, to }] : []
    })
  })
}

/** The hosts that a service's alerts name, by service. */
function hostsOf({ timeline }: Known): ReadonlyMap<string, ReadonlySet<string>> {
  const hosts = new Map<string, Set<string>>()
  for (const { service, host, labels } of timeline.value.alerts) {
    const name = host ?? labels['node']
    if (service === null || name === undefined) continue
    hosts.set(service, (hosts.get(service) ?? new Set()).add(serviceKey(name)))
  }
  return hosts
}
