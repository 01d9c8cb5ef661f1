/** What the connector verbs reach beyond their tenant's database: keys, brokers, the way out to vendors, and the queue. */
import type { Checkout, Settlement } from '../../connectors/broker-core'
import { findConnector } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import { guardedFetch, OPERATION_MS } from '../../connectors/egress'
import { settingOf, type Settings } from '../../connectors/settings'
import { AppError } from '../../lib/errors'
import { log } from '../../lib/log'
import { isLoopback } from '../../lib/loopback'
import { readMasters, type Masters, type MasterSettings } from '../../lib/seal-masters'
import { ConnectionDispatch } from '../../store/connection-dispatch'
import { consumeState } from '../../store/oauth-states'
import type { OAuthStateRow } from '../../store/connection-rows'
import { openTenant, type TenantDb } from '../../store/tenant-db'
import { runCommand, type ClusterAgentPort } from './agent-command'
import { tellDevelopmentKey } from '../development-key'

/** The broker of one connection. */
interface Broker {
  readonly checkout: (slot: string, freshMs: number) => Promise<Checkout>
  readonly settle: (
    slot: string,
    lease: string,
    settlement: Settlement,
    owner: { readonly orgId: string; readonly connectionId: string },
  ) => Promise<boolean>
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
}

export interface Ports {
  /** The agent of one cluster. */
  readonly clusterAgent: (clusterId: string) => ClusterAgentPort
  /** Any variable of the deployment; modules see only those that they name. */
  readonly setting: (name: string) => string | null
  /** @throws AppError provider_not_configured without a sealing key */
  readonly masters: () => Promise<Masters>
  readonly broker: (connectionId: string) => Broker
  readonly sharesGrant: (provider: string, accountId: string, exceptId: string) => Promise<boolean>
  /** Live connections to an account, of any organisation. */
  readonly connectionsOf: ConnectionDispatch['liveOfAccount']
  readonly takeState: (stateHash: string, provider: string, now: number) => Promise<OAuthStateRow | null>
  readonly tenant: (orgId: string) => TenantDb
  /** Sends a job on its way, perhaps a little later. */
  readonly sendJob: (jobId: string, delaySeconds?: number) => Promise<void>
  /** Starts a run of the analyst that is stored. */
  readonly startRun: (runId: string) => Promise<void>
  /** The provider with this id, or null. */
  readonly connectorOf: (id: string) => Connector | null
  /** Where this API is reached from outside, and where its pages are; without a trailing slash. */
  readonly apiBase: string
  readonly frontendBase: string
  /** Whether the request came over a loopback name: development. */
  readonly loopback: boolean
  readonly http?: typeof fetch
}

export interface PortBindings {
  readonly DB: D1Database
  readonly CONNECTION_BROKER: { readonly getByName: (name: string) => Broker }
  readonly CLUSTER_AGENT: { readonly getByName: (name: string) => ClusterAgentPort }
}

/** Messages that go out once their rows are stored. */
export interface Senders {
  readonly job: (jobId: string, delaySeconds: number) => Promise<void>
  readonly run: (runId: string) => Promise<void>
}

/** The ports of a deployment. `origin` is that of the request, null in the background. */
export function openPorts(
  bindings: PortBindings,
  variables: object,
  origin: string | null,
  send: Senders,
  http?: typeof fetch,
): Ports {
  const setting = (name: string): string | null => {
    const value: unknown = Reflect.get(variables, name)
    return typeof value === 'string' ? settingOf({ [name]: value }, name) : null
  }
  const [frontend] = (setting('FRONTEND_URL') ?? '').split(',')
  const base = origin ?? 'http://localhost'
  return {
    setting,
    masters: async () => {
      const keys: MasterSettings = {
        CONNECTOR_MASTER_KEY: setting('CONNECTOR_MASTER_KEY') ?? undefined,
        CONNECTOR_MASTER_KEY_PREVIOUS: setting('CONNECTOR_MASTER_KEY_PREVIOUS') ?? undefined,
      }
      const read = await readMasters(keys)
      if (read.ok) {
        tellDevelopmentKey(read.masters, origin)
        return read.masters
      }
      throw new AppError('provider_not_configured', 'Credentials cannot be stored on this deployment', {
        cause: new Error(read.problem),
      })
    },
    broker: (id) => bindings.CONNECTION_BROKER.getByName(id),
    clusterAgent: (clusterId) => bindings.CLUSTER_AGENT.getByName(clusterId),
    sharesGrant: (provider, accountId, exceptId) =>
      new ConnectionDispatch(bindings.DB).sharesGrant(provider, accountId, exceptId),
    connectionsOf: (provider, accountId) =>
      new ConnectionDispatch(bindings.DB).liveOfAccount(provider, accountId),
    takeState: (stateHash, provider, now) => consumeState(bindings.DB, stateHash, provider, now),
    tenant: (orgId) => openTenant(bindings.DB, orgId),
    // The row is the truth: what is not sent now, the sweep sends.
    sendJob: async (jobId, delaySeconds = 0) => {
      await send
        .job(jobId, delaySeconds)
        .catch((error: unknown) => log.error('connector_job.send_failed', error, { jobId }))
    },
    startRun: async (runId) => {
      await send
        .run(runId)
        .catch((error: unknown) => log.error('connector_run.send_failed', error, { runId }))
    },
    connectorOf: findConnector,
    apiBase: (setting('PUBLIC_API_URL') ?? base).replace(/\/+$/, ''),
    frontendBase: (frontend?.trim() || base).replace(/\/+$/, ''),
    loopback: origin !== null && isLoopback(new URL(origin).hostname),
    ...(http === undefined ? {} : { http }),
  }
}

/** The ports of an investigation, which only asks: it starts nothing. */
export const readingPorts = (bindings: PortBindings, variables: object): Ports =>
  openPorts(bindings, variables, null, { job: async () => {}, run: async () => {} })

/** The names of this product, which no customer's URL may point at. */
export const ownHosts = (ports: Ports): readonly string[] =>
  [ports.apiBase, ports.frontendBase].flatMap((base) => (URL.canParse(base) ? [new URL(base).hostname] : []))

/** The variables that a provider may see: those that it names. */
export function settingsOf(ports: Ports, connector: Connector, endpoint: string | null = null): Settings {
  const client = connector.oauth?.client(endpoint)
  const names = [
    ...(connector.variables ?? []),
    ...(connector.optionalVariables ?? []),
    ...(client === undefined ? [] : [client.id, client.secret]),
  ]
  return Object.fromEntries(names.map((name) => [name, ports.setting(name) ?? undefined]))
}

/** One operation's way out to a provider. */
export function vendorCtx(
  ports: Ports,
  connector: Connector,
  options: { readonly endpoint?: string | null; readonly ms?: number; readonly db?: TenantDb } = {},
): VendorCtx {
  const signal = AbortSignal.timeout(options.ms ?? OPERATION_MS)
  const hosts = ownHosts(ports)
  const { db } = options
  return {
    fetch: guardedFetch({
      hosts: connector.hosts,
      ownHosts: hosts,
      signal,
      ...(ports.http === undefined ? {} : { http: ports.http }),
    }),
    now: () => Date.now(),
    signal,
    settings: settingsOf(ports, connector, options.endpoint ?? null),
    ownHosts: hosts,
    ...(connector.accessKind === 'agent' && db !== undefined
      ? {
          agent: (clusterId, command, timeoutMs) =>
            runCommand(db, ports.clusterAgent, clusterId, command, timeoutMs),
        }
      : {}),
  }
}

/** Whether this deployment can connect the provider at all. */
export const isEnabled = (ports: Ports, connector: Connector): boolean =>
  connector.enabled(settingsOf(ports, connector))
