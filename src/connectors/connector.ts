/**
 * The contract of a provider: data and a few pure functions over a guarded `fetch`. Routing, identity, limits, OAuth,
 * sealing, storage, audit and answers exist once, in the core. A provider is a folder here and a line in `index.ts`.
 */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import { bearer, type Access } from './access'
import type { Definition, Details } from './definition'
import type { Facts } from './facts'
import type { ConnectorJob } from './job'
import type { OAuthData, Tokens } from './oauth'
import { openStored, type Opened } from './opened'
import type { OperationOutcome } from './operation'
import { mapOk, type Outcome } from './outcome'
import type { Page } from './paging'
import type { Proved } from './proof'
import { proverOf } from './prover'
import { readForm, type FormResult } from './read-form'
import { settingOf, type Settings } from './settings'
import type { VendorCtx } from './vendor-ctx'

/** How a login was begun, as far as its provider asks. */
interface LoginChoice {
  readonly endpoint: string | null
  readonly products: readonly string[]
}

/** An operation over any connection of its provider. */
interface ConnectorOperation {
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly run: (ctx: VendorCtx, access: Access, details: unknown, args: unknown) => Promise<OperationOutcome>
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
export function connector<C, S, P, M extends P & Details>(definition: Definition<C, S, P, M>): Connector {
  const {
    form,
    oauth,
    secret,
    settings,
    details,
    prove: _prove,
    proveShared,
    access,
    resources,
    revoke: _revoke,
    revokesWholeGrant: _revokesWholeGrant,
    operations = [],
    jobs = {},
    ...facts
  } = definition
  const prover = proverOf(definition)

  /** Runs with the stored details, if they still fit this provider. */
  const withDetails = async <T>(
    stored: unknown,
    run: (details: M) => Promise<T>,
  ): Promise<T | { readonly kind: 'vendor_error' }> => {
    const known = z.safeParse(details, stored)
    return known.success ? run(known.data) : { kind: 'vendor_error' }
  }

  return {
    ...facts,
    accessKind: access.kind === 'minted' && access.fixed !== undefined ? 'mixed' : access.kind,
    formSchema: form?.schema ?? null,
    oauth: oauth ?? null,
    readForm: (body, ownHosts) => readForm(definition, prover, body, ownHosts),
    open: (sealed, stored) => openStored(definition, prover, sealed, stored),
    proveSecret: async (ctx, sealed, known) => {
      const opened = z.safeParse(secret, sealed)
      const parsed = z.safeParse(settings, known)
      return opened.success && parsed.success
        ? prover.proveCandidate(ctx, { secret: opened.data, settings: parsed.data })
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
      return candidate.kind === 'ok'
        ? prover.prove(ctx, candidate.value, bearer(tokens.accessToken))
        : candidate
    },
    resources:
      resources === undefined
        ? null
        : (ctx, access, stored, cursor) =>
            withDetails(stored, (details) => resources(ctx, { access, details }, cursor)),
    operations: operations.map(({ name, description, input, run }) => ({
      name,
      description,
      input,
      run: (ctx, access, stored, args) =>
        withDetails(stored, (details) => run({ ctx, access, details }, args)),
    })),
    jobs: Object.fromEntries(
      Object.entries(jobs).map(([kind, { texts, steps }]) => [
        kind,
        {
          texts,
          steps: steps.map(
            (step): ConnectorJob['steps'][number] =>
              (ctx, access, stored, job) =>
                withDetails(stored, (details) => step({ ctx, access, details }, job)),
          ),
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
