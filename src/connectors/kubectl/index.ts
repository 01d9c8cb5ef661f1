/** A Kubernetes cluster whose agent dials in: nothing of the cluster is reachable from outside, and no credential is kept. */
import * as z from 'zod'
import type { Access } from '../access'
import { connector, noSettings } from '../connector'
import type { VendorCtx } from '../vendor-ctx'
import { agentVersion, askAgent } from '../kubernetes/ask-agent'
import { namespacesOf } from '../kubernetes/namespaces'
import { operationsOver } from '../kubernetes/operations'
import type { Question } from '../kubernetes/question'
import type { OperationOutcome } from '../operation'
import { mapOk, type Outcome } from '../outcome'
import { sliceOf } from '../paging'

const details = z.object({
  agentVersion: z.string().nullish(),
  /** What the agent calls its cluster. */
  context: z.string().nullish(),
  serverVersion: z.string().nullish(),
})
type Details = z.infer<typeof details>

const version = z.object({ serverVersion: z.object({ gitVersion: z.string().max(100) }).nullish() })

async function ask(ctx: VendorCtx, access: Access, question: Question): Promise<OperationOutcome> {
  if (ctx.agent === undefined || access.kind !== 'agent') return { kind: 'unreachable' }
  return askAgent(ctx.agent, access.clusterId, question)
}

/** An agent that answers is the proof; what it may read is decided by the role in its cluster. */
async function confirm(ctx: VendorCtx, access: Access) {
  const noAgent: Outcome<unknown> = { kind: 'unreachable' }
  const clusterId = access.kind === 'agent' ? access.clusterId : ''
  const answer = ctx.agent === undefined ? noAgent : await agentVersion(ctx.agent, clusterId)
  return mapOk(answer, (it) => {
    const known = version.safeParse(it)
    const details: Details = { serverVersion: known.success ? known.data.serverVersion?.gitVersion : null }
    return { accountId: clusterId, accountName: clusterId, details }
  })
}

export const kubectl = connector({
  id: 'kubectl',
  name: 'Kubernetes',
  category: 'kubernetes',
  toolsAs: 'kubernetes',
  kinds: ['agent'],
  multiAccount: true,
  hosts: [],
  revokeHint: 'Delete the namespace aurora-agent from the cluster.',
  secret: z.object({}),
  settings: noSettings,
  details,
  prove: (ctx, _candidate, access) => confirm(ctx, access),
  proveShared: (ctx, _settings, access) => confirm(ctx, access),
  access: { kind: 'agent' },
  resources: async (ctx, { access }, cursor) =>
    mapOk(namespacesOf(await ask(ctx, access, { ask: 'list', kind: 'namespace', namespace: null })), (all) =>
      sliceOf(all, cursor),
    ),
  operations: operationsOver<Details>(({ ctx, access }, question) => ask(ctx, access, question)),
})
