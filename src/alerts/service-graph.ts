/** Which service depends on which, and how many hops lie between two of them. */

export interface ServiceEdge {
  /** `from` depends on `to`. */
  readonly from: string
  readonly to: string
}

export interface ServiceGraph {
  /** Normalised service name to the names that it depends on. */
  readonly dependencies: Adjacency
  /** The same edges backwards: who depends on it. */
  readonly dependents: Adjacency
}
export type Adjacency = ReadonlyMap<string, ReadonlySet<string>>

/** No topology: only equal names count. */
export const EMPTY_GRAPH: ServiceGraph = { dependencies: new Map(), dependents: new Map() }

/** Names are equal when they differ only in case and outer blanks. */
export const normaliseName = (name: string): string => name.trim().toLowerCase()

/** The graph of `edges`, in both directions. */
export function serviceGraph(edges: Iterable<ServiceEdge>): ServiceGraph {
  const dependencies = new Map<string, Set<string>>()
  const dependents = new Map<string, Set<string>>()
  for (const edge of edges) {
    const from = normaliseName(edge.from)
    const to = normaliseName(edge.to)
    dependencies.set(from, (dependencies.get(from) ?? new Set()).add(to))
    dependents.set(to, (dependents.get(to) ?? new Set()).add(from))
  }
  return { dependencies, dependents }
}

/** Every service within `limit` hops of `service`, itself included, with its distance. Breadth first. */
export function distancesFrom(edges: Adjacency, service: string, limit: number): ReadonlyMap<string, number> {
  const start = normaliseName(service)
  const distances = new Map<string, number>([[start, 0]])
  let frontier = [start]
  for (let hops = 1; hops <= limit && frontier.length > 0; hops += 1) {
    const next: string[] = []
    for (const neighbour of frontier.flatMap((name) => [...(edges.get(name) ?? [])])) {
      if (distances.has(neighbour)) continue
      distances.set(neighbour, hops)
      next.push(neighbour)
    }
    frontier = next
  }
  return distances
}
