/**
 * The contract of a provider: data and a few pure functions over a guarded `fetch`. Routing, identity, limits, OAuth,
 * sealing, storage, audit and answers exist once, in the core. A provider is a folder here and a line in `index.ts`.
 */
import * as z from 'zod'
import type { FieldError } from '../lib/errors'
import { bearer, type Access } from './access'
import type { Hosts } from './address'
import type { VendorFetch } from './egress'
import type { OAuthData, ReadTokens, Tokens } from './oauth'
import type { Operation, OperationOutcome, Vendor } from './operation'
import type { Outcome } from './outcome'
import { settingOf, type Settings } from './settings'

export type Kind =
  | 'oauth_code'
  | 'client_credentials'
  | 'api_key'
  | 'role_assumption'
  | 'agent'
  | 'webhook_only'

type Category = 'cloud' | 'kubernetes' | 'code' | 'chat' | 'observability' | 'incident' | 'ci' | 'knowledge'

/** All a module can reach. It never sees a request, a row or the environment beyond its own variables. */
export interface VendorCtx {
  readonly fetch: VendorFetch
  readonly now: () => number
  readonly signal: AbortSignal
  readonly settings: Settings
  /** Host names of this product, for `readBaseUrl`. */
  readonly ownHosts: readonly string[]
}

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
  /** What status answers besides `connected: true`; default: the details. */
  readonly status?: (details: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** What status answers besides `connected: false` when the stored state is an error; default: a sentence. */
  readonly broken?: Readonly<Record<string, unknown>>
  /** Further members of the disconnect answer. */
  readonly disconnected?: (removed: number) => Readonly<Record<string, unknown>>
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
  /** The alert source of the same vendor, whose integrations live and die with the connection. */
  readonly alertSource?: string
  /** What a person must remove at the vendor by hand when the core cannot. */
  readonly revokeHint: string
  readonly original?: OriginalPaths
  /** The job that a completed login starts. */
  readonly jobAfterLogin?: string
  /** Members of the details that `GET /api/connectors/status` shows. */
  readonly summary?: readonly string[]
}

/** How an access comes about: from the secret as it is, or from the vendor for a while. */
type AccessOf<S, P> =
  | { readonly kind: 'static'; readonly of: (candidate: Candidate<S, P>) => Access }
  | {
      readonly kind: 'minted'
      readonly mint: (
        ctx: VendorCtx,
        candidate: Candidate<S, P>,
        region: string | null,
      ) => Promise<Outcome<Minted<S>>>
    }

interface Definition<C, S, P, M extends P & Readonly<Record<string, unknown>>> extends Facts {
  /** The body of connect. Unknown members are ignored; texts of its errors are shown. */
  readonly form?: {
    readonly schema: z.ZodType<C>
    readonly read: (input: C, ownHosts: readonly string[]) => Outcome<Candidate<S, P>>
    /** True when this input asks for nothing but webhooks: no connection is made. */
    readonly webhookOnly?: (input: C) => boolean
    /** The secret with which the vendor signs its webhooks, for the integration of `alertSource`; null when not given. */
    readonly signingSecret?: (input: C) => string | null
  }
  readonly oauth?: OAuthData & { readonly read: ReadTokens<S, P> }
  /** What is sealed: the minimum that can mint. */
  readonly secret: z.ZodType<S>
  /** The part of the details that using the secret needs. */
  readonly settings: z.ZodType<P>
  readonly details: z.ZodType<M>
  /**
   * Asks the vendor whether the credential works, with an access made from it. Creates and changes nothing there. Runs at
   * connect and again whenever the connection is validated.
   */
  readonly prove: (
    ctx: VendorCtx,
    candidate: Candidate<S, P>,
    access: Access,
  ) => Promise<Outcome<Proof<S, M>>>
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
  ) => Promise<Outcome<{ readonly access: Access; readonly expiresAt: number; readonly rotated: unknown }>>
  readonly revoke: (ctx: VendorCtx) => Promise<Revocation>
  readonly revokesWholeGrant: boolean
}

/** An operation over any connection of its provider. */
interface ConnectorOperation {
  readonly name: string
  readonly description: string
  readonly input: z.ZodType
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
  readonly formSchema: z.ZodType | null
  readonly accessKind: 'static' | 'minted'
  readonly oauth: OAuthData | null
  readonly readForm: (body: unknown, ownHosts: readonly string[]) => FormResult
  /** @param stored JSON of the secret of the same account's connection, or null */
  readonly proveTokens: (
    ctx: VendorCtx,
    tokens: Tokens,
    endpoint: string | null,
    stored: unknown,
  ) => Promise<Outcome<Proved>>
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
      },
    }
  }

  const proveCandidate = async (ctx: VendorCtx, candidate: Candidate<S, P>): Promise<Outcome<Proved>> => {
    if (access.kind === 'static') return proveWith(ctx, candidate, access.of(candidate))
    const minted = await access.mint(ctx, candidate, null)
    if (minted.kind !== 'ok') return minted
    const secret = minted.value.rotated ?? candidate.secret
    return proveWith(ctx, { ...candidate, secret }, minted.value.access)
  }

  return {
    ...facts,
    accessKind: access.kind,
    formSchema: form?.schema ?? null,
    oauth: oauth ?? null,
    readForm: (body, ownHosts) => {
      if (form === undefined) return { kind: 'invalid', issues: [{ path: '', message: 'Use the login' }] }
      const input = form.schema.safeParse(body)
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
    proveTokens: async (ctx, tokens, endpoint, stored) => {
      if (oauth === undefined) return { kind: 'vendor_error' }
      const known = secret.safeParse(stored)
      const candidate = oauth.read(tokens, endpoint, known.success ? known.data : null)
      return candidate.kind === 'ok' ? proveWith(ctx, candidate.value, bearer(tokens.accessToken)) : candidate
    },
    open: (sealed, stored) => {
      const opened = secret.safeParse(sealed)
      const known = settings.safeParse(stored)
      if (!opened.success || !known.success) return null
      const candidate = { secret: opened.data, settings: known.data }
      return {
        prove: (ctx, granted) => proveWith(ctx, candidate, granted),
        staticAccess: access.kind === 'static' ? access.of(candidate) : null,
        mint: async (ctx, region) => {
          if (access.kind === 'static') return { kind: 'vendor_error' }
          const minted = await access.mint(ctx, candidate, region)
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
            const known = details.safeParse(stored)
            return known.success
              ? resources(ctx, { access, details: known.data }, cursor)
              : { kind: 'vendor_error' }
          },
    operations: (operations ?? []).map(({ name, description, input, run }) => ({
      name,
      description,
      input,
      run: async (ctx, access, stored, args) => {
        const known = details.safeParse(stored)
        return known.success ? run({ ctx, access, details: known.data }, args) : { kind: 'vendor_error' }
      },
    })),
    jobs: Object.fromEntries(
      Object.entries(jobs ?? {}).map(([kind, { texts, steps }]) => [
        kind,
        {
          texts,
          steps: steps.map((step): ConnectorJob['steps'][number] => async (ctx, access, stored, job) => {
            const known = details.safeParse(stored)
            return known.success ? step({ ctx, access, details: known.data }, job) : { kind: 'vendor_error' }
          }),
        },
      ]),
    ),
    enabled: (variables, endpoint = null) =>
      (facts.variables ?? []).every((name) => settingOf(variables, name) !== null) &&
      (oauth === undefined || form !== undefined || hasClient(oauth, variables, endpoint)),
  }
}

/** Whether this deployment has an OAuth client for the provider. */
export function hasClient(oauth: OAuthData, settings: Settings, endpoint: string | null): boolean {
  const client = oauth.client(endpoint)
  return settingOf(settings, client.id) !== null && settingOf(settings, client.secret) !== null
}

/** For providers that know nothing beyond the secret. */
export const noSettings: z.ZodType<object> = z.object({})
