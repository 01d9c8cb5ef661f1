import * as z from 'zod'
import { graphOf } from '../analyst/graph'
import { serviceKey } from '../analyst/names'
import { tool } from './tool'

const MAX_EDGES = 200
const MAX_NEIGHBOURS = 80

/** Output of `service_topology`. An edge is `[from, to]`: `from` depends on `to`. Nearest first. */
export const serviceTopologyOutput = z.object({
  services: z.array(z.string()),
  hops: z.number(),
  edgesTotal: z.number(),
  edges: z.array(z.tuple([z.string(), z.string()])),
  neighbours: z.array(
    z.object({
      service: z.string(),
      relation: z.enum(['dependency', 'dependent']),
      hops: z.number(),
      openAlert: z.enum(['critical', 'high', 'medium', 'low', 'unknown']).nullable(),
    }),
  ),
})
export type ServiceTopology = z.infer<typeof serviceTopologyOutput>

/** Neighbours of services in both directions, with the state of their alerts. */
export const serviceTopology = tool({
  name: 'service_topology',
  description:
    'Dependencies and dependents of a service (default: of all alerting services) within up to 3 hops, with their open alerts.',
  access: 'read',
  input: z.strictObject({
    service: z.string().min(1).max(200).optional(),
    hops: z.int().min(1).max(3).default(3),
  }),
  run: async ({ service, hops }, { reads }) => {
    const roots =
      service === undefined
        ? [...new Set((await reads.alerts(500)).flatMap((alert) => alert.service ?? []))].toSorted()
        : [service]
    const edges = roots.length === 0 ? [] : await reads.edges(roots, hops)
    const graph = graphOf(edges)
    const names = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))].toSorted()
    const keys = new Set(roots.map(serviceKey))
    const near = names
      .filter((name) => !keys.has(serviceKey(name)))
      .flatMap((name) => {
        const down = nearest(roots.map((root) => graph.hops(root, name)))
        const up = nearest(roots.map((root) => graph.hops(name, root)))
        if (down === null && up === null) return []
        const dependency = up === null || (down !== null && down <= up)
        return [
          {
            service: name,
            relation: dependency ? ('dependency' as const) : ('dependent' as const),
            hops: (dependency ? down : up) ?? hops,
          },
        ]
      })
      .toSorted((a, b) => a.hops - b.hops || (a.service < b.service ? -1 : 1))
    const open = new Map(
      (near.length === 0 ? [] : await reads.openAlerts(near.map((item) => item.service))).map((item) => [
        serviceKey(item.service),
        item.severity,
      ]),
    )
    const distance = new Map<string, number>([
      ...roots.map((root): [string, number] => [serviceKey(root), 0]),
      ...near.map((item): [string, number] => [serviceKey(item.service), item.hops]),
    ])
    const far = (name: string): number => distance.get(serviceKey(name)) ?? hops + 1
    const output: ServiceTopology = {
      services: roots.slice(0, MAX_NEIGHBOURS),
      hops,
      edgesTotal: edges.length,
      edges: edges
        .map((edge): [string, string] => [edge.from, edge.to])
        .toSorted(
          (a, b) => far(a[0]) + far(a[1]) - far(b[0]) - far(b[1]) || (a.join('\n') < b.join('\n') ? -1 : 1),
        )
        .slice(0, MAX_EDGES),
      neighbours: near
        .slice(0, MAX_NEIGHBOURS)
        .map((item) => ({ ...item, openAlert: open.get(serviceKey(item.service)) ?? null })),
    }
    return { status: edges.length === 0 ? 'empty' : 'success', output, trust: 'high' }
  },
})

function nearest(hops: readonly (number | null)[]): number | null {
  const known = hops.filter((hop) => hop !== null)
  return known.length === 0 ? null : Math.min(...known)
}
