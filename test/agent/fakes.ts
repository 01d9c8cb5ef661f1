/** An incident's surroundings as plain values, and the evidence that the tools make of them. */

import type { EvidenceItem } from '../../src/agent/evidence'
import type {
  AlertFacts,
  AlertHistoryFacts,
  ChangeFacts,
  EdgeFacts,
  IncidentFacts,
  OwnDocuments,
  PastIncidentFacts,
  Reads,
} from '../../src/agent/facts'
import { contextTools, runTool } from '../../src/agent/tools'

/** 2026-01-01T10:02:30Z, the onset of every scenario. */
export const ONSET = Date.parse('2026-01-01T10:02:30.000Z')
export const NOW = ONSET + 900_000
export const COMMIT = '9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c'

/** A UUID that ends with `n`. */
export const id = (n: number): string => `0199f2a6-0000-7000-8000-${String(n).padStart(12, '0')}`
export const at = (seconds: number): number => ONSET + seconds * 1000

export function incident(over: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    id: id(1),
    title: 'HighErrorRate',
    service: 'checkout-api',
    environment: 'production',
    severity: 'critical',
    status: 'investigating',
    sourceType: 'grafana',
    startedAt: ONSET,
    resolvedAt: null,
    affectedServices: ['checkout-api'],
    alertCount: 1,
    ...over,
  }
}

export function alert(n: number, over: Partial<AlertFacts> = {}): AlertFacts {
  return {
    id: id(100 + n),
    title: 'HighErrorRate',
    description: null,
    service: 'checkout-api',
    environment: 'production',
    host: null,
    severity: 'critical',
    state: 'firing',
    source: 'grafana',
    dedupKey: `key-${n}`,
    startsAt: ONSET,
    lastSeenAt: NOW,
    resolvedAt: null,
    occurrences: 1,
    flaps: 0,
    labels: { alertname: 'HighErrorRate' },
    sourceUrl: null,
    runbookUrl: null,
    strategy: n === 1 ? 'primary' : 'topology',
    score: 1,
    ...over,
  }
}

export function change(n: number, over: Partial<ChangeFacts> = {}): ChangeFacts {
  return {
    id: id(200 + n),
    kind: 'deployment',
    provider: 'jenkins',
    job: 'deploy/checkout-api',
    build: String(1041 + n),
    title: 'Jenkins deploy: checkout-api [FAILURE]',
    service: 'checkout-api',
    environment: 'production',
    result: 'FAILURE',
    commit: COMMIT,
    branch: 'main',
    repository: 'acme/checkout-api',
    author: 'dana',
    url: 'https://jenkins.example.com/job/deploy/job/checkout-api/1042/',
    startedAt: at(-420),
    finishedAt: at(-240),
    ...over,
  }
}

export function past(n: number, over: Partial<PastIncidentFacts> = {}): PastIncidentFacts {
  return {
    id: id(300 + n),
    title: 'HighErrorRate',
    services: ['checkout-api'],
    dedupKeys: ['key-1'],
    severity: 'critical',
    status: 'resolved',
    startedAt: at(-20 * 86_400),
    resolvedAt: at(-20 * 86_400 + 1800),
    verdict: 'likely',
    mechanism: 'bad_change',
    rootCauseService: 'checkout-api',
    helpful: true,
    ...over,
  }
}

export interface World {
  readonly incident?: IncidentFacts
  readonly alerts?: readonly AlertFacts[]
  readonly changes?: readonly ChangeFacts[]
  readonly edges?: readonly EdgeFacts[]
  readonly past?: readonly PastIncidentFacts[]
  readonly history?: readonly AlertHistoryFacts[]
  readonly recent?: readonly PastIncidentFacts[]
  readonly payload?: unknown
  readonly documents?: OwnDocuments
}

export function readsOf(world: World): Reads {
  const alerts = world.alerts ?? [alert(1)]
  return {
    incident: async () => world.incident ?? incident({ alertCount: alerts.length }),
    alerts: async (limit) => alerts.toSorted((a, b) => a.startsAt - b.startsAt).slice(-limit),
    payload: async () => world.payload ?? null,
    alertHistory: async () => world.history ?? [],
    changes: async ({ services, from, to }) =>
      (world.changes ?? [])
        .filter((one) => one.finishedAt >= from && one.finishedAt <= to)
        .filter((one) => services === null || (one.service !== null && services.includes(one.service)))
        .toSorted((a, b) => b.finishedAt - a.finishedAt)
        .slice(0, 50),
    edges: async () => world.edges ?? [],
    openAlerts: async (services) =>
      services
        .filter((service) => alerts.some((one) => one.service === service))
        .map((service) => ({ service, severity: 'high' as const })),
    pastIncidents: async () => world.past ?? [],
    recentIncidents: async () => world.recent ?? [],
    documents: async () => world.documents ?? { runbooks: [], postmortems: [] },
  }
}

/** Runs one tool and numbers its result. */
export async function evidenceFrom(
  world: World,
  tool: string,
  number: number,
  args: unknown = {},
): Promise<EvidenceItem> {
  const outcome = await runTool(tool, args, { reads: readsOf(world), now: NOW, evidence: [], given: [] })
  if (outcome.kind === 'refused') throw new Error(outcome.message)
  const { status, command, output, trust, errorCode } = outcome.result
  return { number, tool, command, output, status, trust, errorCode, executedAt: NOW }
}

/** The evidence of the context step: what is not empty, numbered from 1. */
export async function contextOf(world: World): Promise<EvidenceItem[]> {
  const items: EvidenceItem[] = []
  for (const tool of contextTools) {
    const item = await evidenceFrom(world, tool.name, items.length + 1)
    if (item.status !== 'empty') items.push(item)
  }
  return items
}

/** Evidence of a data source. */
export function observed(
  number: number,
  tool: string,
  output: unknown,
  over: Partial<EvidenceItem> = {},
): EvidenceItem {
  return {
    number,
    tool,
    command: `${tool} test`,
    output: JSON.stringify(output),
    status: 'success',
    trust: 'normal',
    errorCode: null,
    executedAt: NOW,
    ...over,
  }
}

/** A series that is steady and then, from `from` seconds after the onset on, at `after`. */
export function steps(profile: string, usual: number, after: number, from: number, name = profile): unknown {
  const start = at(-3600)
  const values = Array.from({ length: 151 }, (_, index) =>
    -3600 + index * 30 >= from ? after : usual + (index % 3) * usual * 0.02,
  )
  return { name, profile, start, stepSeconds: 30, values }
}

export const boundary = '0123456789abcdef0123456789abcdef'
