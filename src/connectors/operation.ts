/** What a connection can be asked during an investigation: named, typed, read-only. */
import * as z from 'zod'
import type { Schema } from '../lib/schema'
import type { Access } from './access'
import type { VendorCtx } from './vendor-ctx'
import type { Outcome } from './outcome'

/** A live connection as its module sees it: a way out, what authorises the call, and its public details. */
export interface Vendor<M> {
  readonly ctx: VendorCtx
  readonly access: Access
  readonly details: M
}

/** `data` is the vendor's JSON, or text where the vendor answers text; `url` is what was asked, without credentials. */
interface Reading {
  readonly url: string
  readonly status: number
  readonly data: unknown
}

export type OperationOutcome =
  | Outcome<Reading>
  | { readonly kind: 'invalid_arguments'; readonly message: string }
  | { readonly kind: 'not_found' }

export interface Operation<M> {
  /** The verb; the tool is called `<provider>_<name>`. */
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly run: (vendor: Vendor<M>, args: unknown) => Promise<OperationOutcome>
}

interface Definition<I, M> {
  readonly name: string
  readonly description: string
  /** Strict: an unknown argument is refused before anything is sent. */
  readonly input: Schema<I>
  readonly run: (vendor: Vendor<M>, input: I) => Promise<OperationOutcome>
}

/** Pairs arguments with the call they make. Nothing is sent for arguments that do not fit. */
export const operation = <I, M>(definition: Definition<I, M>): Operation<M> => ({
  ...definition,
  run: async (vendor, args) => {
    const input = z.safeParse(definition.input, args ?? {})
    return input.success
      ? definition.run(vendor, input.data)
      : { kind: 'invalid_arguments', message: z.prettifyError(input.error) }
  },
})
