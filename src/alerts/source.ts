/** The contract of an alert source: one file a sender format, paired with its payload schema and example. */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import type { Draft } from './draft'
import type { SourceSettings } from './settings'

export type { AlertDraft, BadItem, ChangeDraft, Draft } from './draft'

/** How a vendor proves that it sent the bytes; `token` proves nothing beyond the ingest token. */
export type Scheme =
  | 'grafana'
  | 'aurora-v1'
  | 'aurora-legacy'
  | 'pd-v1'
  | 'svix'
  | 'sentry'
  | 'hub-sha256'
  | 'sns'
  | 'token'

type VerificationMode = 'required' | 'if_configured' | 'token_only'

/** What a source may look at besides the body. */
export interface SourceContext {
  readonly headers: Headers
  readonly settings: SourceSettings
  /** ms since the epoch */
  readonly receivedAt: number
  /** The stored delivery; absent where nothing is stored, as in a preview. */
  readonly deliveryId?: string
}

/** The body cannot be read by this source at all. Retrying cannot help. */
export class UnprocessablePayload extends Error {
  override readonly name = 'UnprocessablePayload'
}

/** The part of a source that does not depend on its payload type. */
interface SourceFacts {
  readonly slug: string
  /** Shown on incidents. */
  readonly sourceType: string
  readonly displayName: string
  readonly scheme: Scheme
  readonly defaultVerification: VerificationMode
  /** The vendor signs nothing: the mode cannot be changed. */
  readonly verificationFixed?: boolean
  /** HTTP methods besides POST. */
  readonly extraMethods?: readonly string[]
  /** Older paths of the same sender; `{key}` stands for the key. Families as in the documentation. */
  readonly aliases?: readonly SourceAlias[]
  /** Where the sender posts to, if not to the canonical path; `{key}` stands for the token. */
  readonly address?: string
  /** Defaults that differ from the common ones. */
  readonly settings?: Partial<SourceSettings>
  /** Whether `Idempotency-Key` names the delivery. Default: only where the vendor signs nothing. */
  readonly idempotencyKey?: boolean
  /** The vendor's own delivery id, null when this request has none. */
  readonly deliveryKey?: (request: DeliveryRequest) => string | null
  /** What identifies a delivery otherwise: its body within ten minutes (default), its body for ever, the request. */
  readonly deliveryIdentity?: 'window' | 'body' | 'request'
  /** A complete delivery as the vendor sends it. */
  readonly example: unknown
  /** Complete deliveries in the vendor's other shapes. */
  readonly otherExamples?: readonly unknown[]
  /** How the answer to a delivery differs from the usual one; null where it does not. Never depends on storage. */
  readonly answer?: (
    request: DeliveryRequest,
    family: WebhookFamily,
    settings: SourceSettings,
  ) => AnswerChanges | null
  /** What a person does in the vendor's settings, one step a line; without it the common steps are shown. */
  readonly instructions?: readonly string[]
  /** Texts to copy into the vendor's settings; `{webhookUrl}` stands for the address. */
  readonly templates?: Readonly<Partial<Record<TemplateName, string>>>
  /** The token in a vendor's test delivery with which it proves that the address is ours; null in any other. */
  readonly verificationToken?: (body: unknown) => string | null
}

/** The texts that the companion route `webhook-url` offers. */
type TemplateName = 'payloadTemplate' | 'jenkinsfileBasic' | 'jenkinsfileCurl'

/** The canonical path, or a family of older paths. */
export type WebhookFamily = 'canonical' | 'A' | 'B' | 'C' | 'D'

export interface AnswerChanges {
  /** Instead of 200 on an older path; the canonical path always answers 202. */
  readonly status?: 200 | 202
  /** Members besides `received`, `deliveryId` and `duplicate`. */
  readonly members: {
    readonly accepted?: true
    readonly reason?: string
    readonly status?: string
    readonly issueId?: string
    readonly issue?: string
    readonly resource?: string
    readonly type?: string
  }
}

/** One legacy path. Family A carries a key; B, C and D identify the tenant by header. */
interface SourceAlias {
  readonly family: 'A' | 'C' | 'D'
  readonly path: string
}

/** What a delivery key may be made of. */
interface DeliveryRequest {
  readonly headers: Headers
  readonly body: unknown
}

/** A source as callers see it: the vendor's type stays inside. */
export interface AlertSource extends SourceFacts {
  /** The required field that `body` lacks, as a dotted path; null when none. Answered with 400 at receipt. */
  readonly missingField: (body: unknown, settings: SourceSettings, headers: Headers) => string | null
  /** Whether the top level of `body` is of the right type. */
  readonly acceptsBody: (body: unknown) => boolean
  /** @throws UnprocessablePayload */
  readonly toDrafts: (body: unknown, context: SourceContext) => readonly Draft[]
}

interface SourceDefinition<Payload> extends SourceFacts {
  /** Lenient: it fails only where the documentation calls a field required. */
  readonly payload: Schema<Payload>
  readonly toAlerts: (payload: Payload, context: SourceContext) => readonly Draft[]
  readonly missingField?: (body: unknown, settings: SourceSettings, headers: Headers) => string | null
  /** Whether a top-level array is a delivery. Default false: an object. */
  readonly acceptsArray?: boolean
}

/** Builds a source from its payload schema and its reader, and hides the payload's type from everyone else. */
export function alertSource<Payload>(definition: SourceDefinition<Payload>): AlertSource {
  const { payload: schema, toAlerts, missingField, acceptsArray = false, ...facts } = definition
  return {
    ...facts,
    missingField: missingField ?? (() => null),
    acceptsBody: (body) =>
      typeof body === 'object' && body !== null && (acceptsArray || !Array.isArray(body)),
    toDrafts: (body, context) => {
      const parsed = z.safeParse(schema, body)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        throw new UnprocessablePayload(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
      }
      return toAlerts(parsed.data, context)
    },
  }
}
