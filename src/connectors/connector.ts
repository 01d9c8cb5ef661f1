/**
 * The contract of a provider: data and a few pure functions over a guarded `fetch`. Routing, identity, limits, OAuth,
 * sealing, storage, audit and answers exist once, in the core. A provider is a folder here and a line in `index.ts`.
 */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import type { FieldError } from '../lib/errors'
import { bearer, type Access } from './access'
import type { Hosts } from './address'
import type { VendorFetch } from './egress'
import type { AgentReply } from './kubernetes/reply'
import type { OAuthData, ReadTokens, Tokens } from './oauth'
import type { Operation, OperationOutcome, Vendor } from './operation'
import { mapOk, type Outcome } from './outcome'
import { settingOf, type Settings } from './settings'

export const KINDS = [
  'oauth_code',
  'client_credentials',
  'api_key',
  'role_assumption',
  'agent',
  'webhook_only',
] as const
export type Kind = (typeof KINDS)[number]

type Category = 'cloud' | 'kubernetes' | 'code' | 'chat' | 'observability' | 'incident' | 'ci' | 'knowledge'

/** All a module can reach. It never sees a request, a row or the environment beyond its own variables. */
export interface VendorCtx {
  readonly fetch: VendorFetch
  readonly now: () => number
  readonly signal: AbortSignal
  readonly settings: Settings
  /** Host names of this product, for `readBaseUrl`. */
  readonly ownHosts: readonly string[]
  /** For providers of the kind `agent`: the way into a cluster. */
  readonly agent?: AgentCall
}

/** Has the agent of a cluster run a command that only reads; any other is refused before it is sent. */
export type AgentCall = (
  clusterId: string,
  command: string,
  timeoutMs: number,
) => Promise<AgentReply | { readonly kind: 'refused'; readonly text: string }>

/** A credential with what is needed to use it: `secret` is sealed, `settings` (site, base URL) are public. */
export interface Candidate<S, P> {
  readonly secret: S
  readonly settings: P
}

/** What a vendor confirmed. */
export interface Proof<S, M> {
  readonly accountId: string
  readonly accountName: string
  /** What status may show; contains the settings. */
  readonly details: M
  /** When the credential itself ends, ms. */
  readonly expiresAt?: number | null
  /** Replaces the candidate's secret when proving changed it. */
  readonly secret?: S
  readonly region?: string | null
  readonly roleArn?: string | null
  readonly readOnlyRoleArn?: string | null
  /** Products that the same grant opens. Each is a connection of its own provider, which lives off this one's secret. */
  readonly products?: readonly Product[]
  /** How the account was connected, where the provider knows several ways. */
  readonly method?: Kind
  /** One of many, though the provider has a single account otherwise: an installation of an app. */
  readonly multiAccount?: boolean
}

/** One product of a grant, as it becomes a connection without a secret of its own. */
export interface Product {
  /** The id of the product's provider. */
  readonly provider: string
  readonly accountId: string
  readonly accountName: string
  readonly details: Readonly<Record<string, unknown>>
}

/** A short-lived access; `rotated` is what the vendor gave in place of the sealed secret. */
export interface Minted<S> {
  readonly access: Access
  /** ms */
  readonly expiresAt: number
  readonly rotated?: S
}

export interface Resource {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface Page {
  readonly resources: readonly Resource[]
  /** Opaque; comes back as it was given. Null at the end. */
  readonly nextCursor: string | null
}

/** What a step of a job sees besides the vendor. `memory` is what the steps before it left. */
export interface JobView {
  readonly input: Readonly<Record<string, unknown>>
  readonly memory: Readonly<Record<string, unknown>>
  readonly selections: readonly Selection[]
}

export interface Selection {
  readonly id: string
  readonly name: string | null
  readonly type: string | null
  readonly enabled: boolean
  readonly isRoot: boolean
}

/** Where a job stands after a step. A step that says `again` is repeated: it was cut into slices. */
export interface JobProgress {
  readonly next: 'step' | 'again' | 'done'
  readonly memory?: Readonly<Record<string, unknown>>
  /** 0 to 100. */
  readonly progress?: number
  readonly status?: string
  readonly propagation?: Readonly<Record<string, unknown>> | null
  readonly result?: Readonly<Record<string, unknown>>
  /** Replaces the stored selections. */
  readonly selections?: readonly Selection[]
  /** Added to the connection's details. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Slow work in idempotent steps, each its own queue message. */
export interface Job<M> {
  /** Texts of the states before the first step. */
  readonly texts: { readonly pending: string; readonly started: string }
  readonly steps: readonly ((vendor: Vendor<M>, job: JobView) => Promise<Outcome<JobProgress>>)[]
}

export type Revocation = 'revoked' | 'already' | 'unsupported' | 'failed'

/** Paths of the original product with the common shape: connect, status and disconnect below a prefix. */
export interface OriginalPaths {
  /** `/datadog`; further spellings are aliases of the first. */
  readonly prefixes: readonly [string, ...string[]]
  /** Whether these paths answer 401 for a refused credential and for a missing or dead connection. */
  readonly unauthorized?: boolean
  /** What connect answers besides `success: true`; default: the details. */
  readonly connected?: (details: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** What status answers besides `connected: true`; default: the details. `expiresAt` is when the credential ends, ms. */
  readonly status?: (
    details: Readonly<Record<string, unknown>>,
    expiresAt: number | null,
  ) => Readonly<Record<string, unknown>>
  /** What status answers besides `connected: false` when the stored state is an error; default: a sentence. */
  readonly broken?: Readonly<Record<string, unknown>>
  /** Status has a route of its own, since it can tell more. */
  readonly ownStatus?: boolean
  /** Further members of the disconnect answer. */
  readonly disconnected?: (removed: number, wasKnown: boolean) => Readonly<Record<string, unknown>>
}

interface Facts {
  readonly id: string
  readonly name: string
  readonly category: Category
  readonly kinds: readonly [Kind, ...Kind[]]
  readonly multiAccount: boolean
  /** What the guarded `fetch` may reach. */
  readonly hosts: Hosts
  /** Variables without which the provider is disabled; for OAuth see `oauth.client`. */
  readonly variables?: readonly string[]
  /** Further variables that its functions look at. */
  readonly optionalVariables?: readonly string[]
  /** Whether this deployment can connect it, where that is more than its variables and its OAuth client. */
  readonly enabledIf?: (settings: Settings) => boolean
  /** The alert source of the same vendor, whose integrations live and die with the connection. */
  readonly alertSource?: string
  /** What a person must remove at the vendor by hand when the core cannot. */
  readonly revokeHint: string
  readonly original?: OriginalPaths
  /** The account id in an organisation, where it is worked out from the proved one. */
  readonly accountIdIn?: (orgId: string, accountId: string) => Promise<string>
  /** The job that a completed login starts. */
  readonly jobAfterLogin?: string
  /** Members of the details that `GET /api/connectors/status` shows. */
  readonly summary?: readonly string[]
  /** Providers whose connections may live off this one's grant. The grant ends with the last of them. */
  readonly products?: readonly string[]
}

/** What an access is for. */
export type AccessMode = 'read' | 'write'

/** How an access comes about: from the secret as it is, or from the vendor for a while. */
type AccessOf<S, P> =
  | { readonly kind: 'static'; readonly of: (candidate: Candidate<S, P>) => Access }
  /** There is no credential: the other side dials in. */
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'minted'
      /** The access of those credentials that need no vendor; null for the others. */
      readonly fixed?: (candidate: Candidate<S, P>) => Access | null
      readonly mint: (
        ctx: VendorCtx,
        candidate: Candidate<S, P>,
        region: string | null,
        /** `write` is for approved actions only; vendors that cannot narrow an access make no difference. */
        mode: AccessMode,
      ) => Promise<Outcome<Minted<S>>>
    }

/** What a vendor confirmed of a product that has no secret of its own. */
export interface SharedProof<M> {
  readonly accountId: string
  readonly accountName: string
  readonly details: M
}

interface Definition<C, S, P, M extends P & Readonly<Record<string, unknown>>> extends Facts {
  /** The body of connect. Unknown members are ignored; texts of its errors are shown. */
  readonly form?: {
    readonly schema: Schema<C>
    readonly read: (input: C, ownHosts: readonly string[]) => Outcome<Candidate<S, P>>
    /** True when this input asks for nothing but webhooks: no connection is made. */
    readonly webhookOnly?: (input: C) => boolean
    /** The secret with which the vendor signs its webhooks, for the integration of `alertSource`; null when not given. */
    readonly signingSecret?: (input: C) => string | null
  }
  readonly oauth?: OAuthData & { readonly read: ReadTokens<S, P> }
  /** What is sealed: the minimum that can mint. */
  readonly secret: Schema<S>
  /** The part of the details that using the secret needs. */
  readonly settings: Schema<P>
  readonly details: Schema<M>
  /**
   * Asks the vendor whether the credential works, with an access made from it. Creates and changes nothing there. Runs at
   * connect and again whenever the connection is validated.
   */
  readonly prove: (
    ctx: VendorCtx,
    candidate: Candidate<S, P>,
    access: Access,
  ) => Promise<Outcome<Proof<S, M>>>
  /** The same for a connection that lives off another provider's grant: there is an access, and no secret to look at. */
  readonly proveShared?: (ctx: VendorCtx, settings: P, access: Access) => Promise<Outcome<SharedProof<M>>>
  readonly access: AccessOf<S, P>
  readonly resources?: (
    ctx: VendorCtx,
    session: { readonly access: Access; readonly details: M },
    cursor: string | null,
  ) => Promise<Outcome<Page>>
  readonly revoke?: (ctx: VendorCtx, candidate: Candidate<S, P>) => Promise<Revocation>
  /** Whether the vendor can only end the whole grant of the account, which other connections may share. */
  readonly revokesWholeGrant?: boolean | ((secret: S) => boolean)
  readonly operations?: readonly Operation<M>[]
  readonly jobs?: Readonly<Record<string, Job<M>>>
}

/** A proof as the core stores it. */
export interface Proved {
  readonly accountId: string
  readonly accountName: string
  readonly secret: unknown
  readonly details: Readonly<Record<string, unknown>>
  readonly expiresAt: number | null
  readonly region: string | null
  readonly roleArn: string | null
  readonly readOnlyRoleArn: string | null
  readonly products: readonly Product[]
  readonly method?: Kind | undefined
  readonly multiAccount?: boolean | undefined
}

/** How a login was begun, as far as its provider asks. */
interface LoginChoice {
  readonly endpoint: string | null
  readonly products: readonly string[]
}

type FormResult =
  | { readonly kind: 'invalid'; readonly issues: readonly FieldError[] }
  | { readonly kind: 'webhook_only' }
  | {
      readonly kind: 'credential'
      readonly prove: (ctx: VendorCtx) => Promise<Outcome<Proved>>
      readonly signingSecret: string | null
    }

/** A stored credential, opened. */
export interface Opened {
  readonly prove: (ctx: VendorCtx, access: Access) => Promise<Outcome<Proved>>
  /** The access where it needs no vendor. */
  readonly staticAccess: Access | null
  /** Asks the vendor for an access; `rotated` is the JSON to seal in place of the secret. */
  readonly mint: (
    ctx: VendorCtx,
    region: string | null,
    mode: AccessMode,
  ) => Promise<Outcome<{ readonly access: Access; readonly expiresAt: number; readonly rotated: unknown }>>
  readonly revoke: (ctx: VendorCtx) => Promise<Revocation>
  readonly revokesWholeGrant: boolean
}

/** An operation over any connection of its provider. */
interface ConnectorOperation {
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly run: (ctx: VendorCtx, access: Access, details: unknown, args: unknown) => Promise<OperationOutcome>
}

export interface ConnectorJob {
  readonly texts: { readonly pending: string; readonly started: string }
  readonly steps: readonly ((
    ctx: VendorCtx,
    access: Access,
    details: unknown,
    job: JobView,
  ) => Promise<Outcome<JobProgress>>)[]
}

/** A provider as everyone else sees it: its own types stay inside. */
export interface Connector extends Facts {
  readonly formSchema: Schema | null
  /** `mixed`: some credentials are their own access, others are exchanged for one. */
  readonly accessKind: 'static' | 'minted' | 'mixed' | 'agent'
  readonly oauth: OAuthData | null
  readonly readForm: (body: unknown, ownHosts: readonly string[]) => FormResult
  /** A credential that came neither from the form nor from a login: an installation that somebody claimed. */
  readonly proveSecret: (ctx: VendorCtx, secret: unknown, settings: unknown) => Promise<Outcome<Proved>>
  /** @param stored JSON of the secret of the same account's connection, or null */
  readonly proveTokens: (
    ctx: VendorCtx,
    tokens: Tokens,
    choice: LoginChoice,
    stored: unknown,
  ) => Promise<Outcome<Proved>>
  /** Confirms a connection that lives off another provider's grant; null for a provider that has none such. */
  readonly proveShared:
    | ((ctx: VendorCtx, access: Access, details: unknown) => Promise<Outcome<Pick<Proved, 'details'>>>)
    | null
  /** The stored credential; null when what is stored does not fit this provider any more. */
  readonly open: (secret: unknown, details: unknown) => Opened | null
  readonly resources:
    | ((ctx: VendorCtx, access: Access, details: unknown, cursor: string | null) => Promise<Outcome<Page>>)
    | null
  readonly operations: readonly ConnectorOperation[]
  readonly jobs: Readonly<Record<string, ConnectorJob>>
  readonly enabled: (settings: Settings, endpoint?: string | null) => boolean
}

/** Builds a provider from its schemas and functions, and hides its types. */
export function connector<C, S, P, M extends P & Readonly<Record<string, unknown>>>(
  definition: Definition<C, S, P, M>,
): Connector {
  const {
    form,
    oauth,
    secret,
    settings,
    details,
    prove,
    proveShared,
    access,
    resources,
    revoke,
    revokesWholeGrant,
    operations,
    jobs,
    ...facts
  } = definition

  const proveWith = async (
    ctx: VendorCtx,
    candidate: Candidate<S, P>,
    granted: Access,
  ): Promise<Outcome<Proved>> => {
    const outcome = await prove(ctx, candidate, granted)
    if (outcome.kind !== 'ok') return outcome
    const { value } = outcome
    return {
      kind: 'ok',
      value: {
        accountId: value.accountId,
        accountName: value.accountName,
        secret: value.secret ?? candidate.secret,
        details: { ...value.details },
        expiresAt: value.expiresAt ?? null,
        region: value.region ?? null,
        roleArn: value.roleArn ?? null,
        readOnlyRoleArn: value.readOnlyRoleArn ?? null,
        products: value.products ?? [],
        method: value.method,
        multiAccount: value.multiAccount,
      },
    }
  }

  /** The access that needs no vendor, null where one must be asked. */
  const fixedAccess = (candidate: Candidate<S, P>): Access | null =>
    access.kind === 'static'
      ? access.of(candidate)
      : access.kind === 'minted'
        ? (access.fixed?.(candidate) ?? null)
        : null

  const proveCandidate = async (ctx: VendorCtx, candidate: Candidate<S, P>): Promise<Outcome<Proved>> => {
    const fixed = fixedAccess(candidate)
    if (fixed !== null) return proveWith(ctx, candidate, fixed)
    if (access.kind !== 'minted') return { kind: 'vendor_error' }
    const minted = await access.mint(ctx, candidate, null, 'read')
    if (minted.kind !== 'ok') return minted
    const secret = minted.value.rotated ?? candidate.secret
    return proveWith(ctx, { ...candidate, secret }, minted.value.access)
  }

  return {
    ...facts,
    accessKind: access.kind === 'minted' && access.fixed !== undefined ? 'mixed' : access.kind,
    formSchema: form?.schema ?? null,
    oauth: oauth ?? null,
    readForm: (body, ownHosts) => {
      if (form === undefined) {
        const message = access.kind === 'agent' ? 'There is no form: its agent dials in' : 'Use the login'
        return { kind: 'invalid', issues: [{ path: '', message }] }
      }
      const input = z.safeParse(form.schema, body)
      if (!input.success)
        return {
          kind: 'invalid',
          issues: input.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
        }
      if (form.webhookOnly?.(input.data) === true) return { kind: 'webhook_only' }
      const candidate = form.read(input.data, ownHosts)
      return {
        kind: 'credential',
        prove: async (ctx) => (candidate.kind === 'ok' ? proveCandidate(ctx, candidate.value) : candidate),
        signingSecret: form.signingSecret?.(input.data) ?? null,
      }
    },
    proveSecret: async (ctx, sealed, known) => {
      const opened = z.safeParse(secret, sealed)
      const parsed = z.safeParse(settings, known)
      return opened.success && parsed.success
        ? proveCandidate(ctx, { secret: opened.data, settings: parsed.data })
        : { kind: 'vendor_error' }
    },
    proveShared:
      proveShared === undefined
        ? null
        : async (ctx, granted, stored) => {
            const known = z.safeParse(settings, stored)
            if (!known.success) return { kind: 'vendor_error' }
            const outcome = await proveShared(ctx, known.data, granted)
            return mapOk(outcome, (it) => ({ details: { ...it.details } }))
          },
    proveTokens: async (ctx, tokens, { endpoint, products }, stored) => {
      if (oauth === undefined) return { kind: 'vendor_error' }
      const known = z.safeParse(secret, stored)
      const candidate = oauth.read(tokens, endpoint, known.success ? known.data : null, products)
      return candidate.kind === 'ok' ? proveWith(ctx, candidate.value, bearer(tokens.accessToken)) : candidate
    },
    open: (sealed, stored) => {
      const opened = z.safeParse(secret, sealed)
      const known = z.safeParse(settings, stored)
      if (!opened.success || !known.success) return null
      const candidate = { secret: opened.data, settings: known.data }
      return {
        prove: (ctx, granted) => proveWith(ctx, candidate, granted),
        staticAccess: fixedAccess(candidate),
        mint: async (ctx, region, mode) => {
          if (access.kind !== 'minted') return { kind: 'vendor_error' }
          const minted = await access.mint(ctx, candidate, region, mode)
          return minted.kind === 'ok'
            ? { kind: 'ok', value: { ...minted.value, rotated: minted.value.rotated ?? null } }
            : minted
        },
        revoke: async (ctx) => (revoke === undefined ? 'unsupported' : revoke(ctx, candidate)),
        revokesWholeGrant:
          typeof revokesWholeGrant === 'function'
            ? revokesWholeGrant(candidate.secret)
            : revokesWholeGrant === true,
      }
    },
    resources:
      resources === undefined
        ? null
        : async (ctx, access, stored, cursor) => {
            const known = z.safeParse(details, stored)
            return known.success
              ? resources(ctx, { access, details: known.data }, cursor)
              : { kind: 'vendor_error' }
          },
    operations: (operations ?? []).map(({ name, description, input, run }) => ({
      name,
      description,
      input,
      run: async (ctx, access, stored, args) => {
        const known = z.safeParse(details, stored)
        return known.success ? run({ ctx, access, details: known.data }, args) : { kind: 'vendor_error' }
      },
    })),
    jobs: Object.fromEntries(
      Object.entries(jobs ?? {}).map(([kind, { texts, steps }]) => [
        kind,
        {
          texts,
          steps: steps.map((step): ConnectorJob['steps'][number] => async (ctx, access, stored, job) => {
            const known = z.safeParse(details, stored)
            return known.success ? step({ ctx, access, details: known.data }, job) : { kind: 'vendor_error' }
          }),
        },
      ]),
    ),
    enabled: (variables, endpoint = null) =>
      (facts.enabledIf?.(variables) ?? true) &&
      (facts.variables ?? []).every((name) => settingOf(variables, name) !== null) &&
      (oauth === undefined ||
        form !== undefined ||
        facts.enabledIf !== undefined ||
        hasClient(oauth, variables, endpoint)),
  }
}

/** Whether this deployment has an OAuth client for the provider. */
export function hasClient(oauth: OAuthData, settings: Settings, endpoint: string | null): boolean {
  const client = oauth.client(endpoint)
  return settingOf(settings, client.id) !== null && settingOf(settings, client.secret) !== null
}

/** For providers that know nothing beyond the secret. */
export const noSettings: Schema<object> = z.object({})
