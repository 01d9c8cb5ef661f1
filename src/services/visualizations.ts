/** An incident as a graph: who is affected, who depends on whom, where it began. Drawn from stored data, the same each time. */
import { normaliseName } from '../alerts/service-graph'
import { notFound } from '../lib/errors'
import { pictureOf } from '../store/visualizations'
import type { Ctx } from './context'

type NodeStatus = 'healthy' | 'degraded' | 'failed' | 'investigating' | 'unknown'
type EdgeType = 'dependency' | 'communication' | 'causation' | 'hosts'

interface Visualization {
  readonly nodes: readonly {
    readonly id: string
    readonly label: string
    readonly type: 'service'
    readonly status: NodeStatus
    readonly parentId: null
  }[]
  readonly edges: readonly {
    readonly source: string
    readonly target: string
    readonly label: string
    readonly type: EdgeType
  }[]
  readonly rootCauseId: string | null
  readonly affectedIds: readonly string[]
  readonly version: number
  /** ms since the epoch. */
  readonly updatedAt: number
}

/** @throws AppError not_found */
export async function readVisualization({ db }: Ctx, incidentId: string): Promise<Visualization> {
  const [[incident], alerts, edges, [analysis], [settings]] = await pictureOf(db, incidentId)
  if (incident === undefined) throw notFound('Incident not found')
  const cause =
    analysis === undefined || analysis.verdict === 'inconclusive' ? null : analysis.rootCauseService
  const drawn = draw({ services: incident.affectedServices, alerts, edges, cause })
  if (drawn.nodes.length === 0) throw notFound('No visualization found')
  return {
    ...drawn,
    version: incident.version + (settings?.topologyVersion ?? 1) - 1,
    updatedAt: incident.updatedAt,
  }
}

interface Facts {
  readonly services: readonly string[]
  /** `worst` of a service's alerts: 2 open and grave, 1 open, 0 resolved. */
  readonly alerts: readonly { readonly service: string | null; readonly worst: number }[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly type: string }[]
  readonly cause: string | null
}

const STATUS_BY_WORST = ['healthy', 'degraded', 'failed'] as const
const LABEL = { dependency: 'calls', communication: 'talks to', causation: 'caused', hosts: 'hosts' } as const
const typeOf = (text: string): EdgeType =>
  text === 'communication' || text === 'causation' || text === 'hosts' ? text : 'dependency'

function draw({ services, alerts, edges, cause }: Facts) {
  const worst = new Map<string, number>()
  for (const { service, worst: one } of alerts)
    if (service !== null) {
      const id = normaliseName(service)
      worst.set(id, Math.max(one, worst.get(id) ?? 0))
    }
  const labels = new Map<string, string>()
  const names = [
    ...services,
    ...(cause === null ? [] : [cause]),
    ...edges.flatMap(({ from, to }) => [from, to]),
  ]
  for (const name of names) if (!labels.has(normaliseName(name))) labels.set(normaliseName(name), name)
  const rootCauseId = cause === null ? null : normaliseName(cause)
  const affectedIds = [...new Set(services.map(normaliseName))].filter((id) => id !== rootCauseId)
  const told = edges.map(({ from, to, type }) => ({
    source: from,
    target: to,
    label: LABEL[typeOf(type)],
    type: typeOf(type),
  }))
  const joined = new Set(
    told.flatMap(({ source, target }) => [`${source}\n${target}`, `${target}\n${source}`]),
  )
  const caused =
    rootCauseId === null
      ? []
      : affectedIds
          .filter((id) => !joined.has(`${rootCauseId}\n${id}`))
          .map((id) => ({
            source: rootCauseId,
            target: id,
            label: LABEL.causation,
            type: 'causation' as const,
          }))
  return {
    nodes: [...labels].map(([id, label]) => ({
      id,
      label,
      type: 'service' as const,
      status: STATUS_BY_WORST[worst.get(id) ?? -1] ?? ('unknown' as const),
      parentId: null,
    })),
    edges: [...told, ...caused],
    rootCauseId,
    affectedIds,
  }
}
