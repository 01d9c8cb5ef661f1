/** Who depends on whom. Names are compared without regard to case. */

import type { EdgeFacts } from '../facts'
import { serviceKey } from './names'

export interface Graph {
  readonly known: boolean
  /** Hops from a service to one it depends on; 0 for itself, null when it does not depend on it. */
  readonly hops: (from: string, to: string) => number | null
  /** What a service depends on within `max` hops, nearest first, without itself. */
  readonly dependencies: (
    service: string,
    max: number,
  ) => readonly { readonly service: string; readonly hops: number }[]
  /** What depends on a service within `max` hops, nearest first, without itself. */
  readonly dependents: (
    service: string,
    max: number,
  ) => readonly { readonly service: string; readonly hops: number }[]
}

/** A graph of dependency edges (`from` depends on `to`). */
export function graphOf(edges: readonly EdgeFacts[]): Graph {
  const down = new Map<string, Set<string>>()
  const up = new Map<string, Set<string>>()
  const names = new Map<string, string>()
  for (const edge of edges.toSorted((a, b) => (`${a.from}\n${a.to}` < `${b.from}\n${b.to}` ? -1 : 1))) {
    const from = serviceKey(edge.from)
    const to = serviceKey(edge.to)
    if (!names.has(from)) names.set(from, edge.from)
    if (!names.has(to)) names.set(to, edge.to)
    down.set(from, (down.get(from) ?? new Set()).add(to))
    up.set(to, (up.get(to) ?? new Set()).add(from))
  }
  const seen = new Map<string, ReadonlyMap<string, number>>()
  const distances = (start: string): ReadonlyMap<string, number> => {
    const known = seen.get(start)
    if (known !== undefined) return known
    const found = walk(down, start)
    seen.set(start, found)
    return found
  }
  const list = (
    found: ReadonlyMap<string, number>,
    max: number,
  ): readonly { service: string; hops: number }[] =>
    [...found]
      .filter(([, hops]) => hops > 0 && hops <= max)
      .map(([key, hops]) => ({ service: names.get(key) ?? key, hops }))
      .toSorted((a, b) => a.hops - b.hops || (a.service < b.service ? -1 : 1))
  return {
    known: edges.length > 0,
    hops: (from, to) => distances(serviceKey(from)).get(serviceKey(to)) ?? null,
    dependencies: (service, max) => list(distances(serviceKey(service)), max),
    dependents: (service, max) => list(walk(up, serviceKey(service)), max),
  }
}

/** Breadth first, so that the first distance found is the shortest. */
function walk(edges: ReadonlyMap<string, ReadonlySet<string>>, start: string): ReadonlyMap<string, number> {
  const found = new Map([[start, 0]])
  for (const [node, hops] of found) {
    for (const next of edges.get(node) ?? []) if (!found.has(next)) found.set(next, hops + 1)
  }
  return found
}
