/** What a protocol-true fake of a vendor is, and what the conformance suite needs to know of its provider. */

/** One request as the fake saw it. */
export interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

/** What a `fetch` was called with. */
export async function seenOf(...[input, init]: Parameters<typeof fetch>): Promise<Seen> {
  const request = new Request(input, init)
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return { method: request.method, url: new URL(request.url), headers: request.headers, body }
}

export type Answer = Response | Promise<Response>

/** A vendor as the `fetch` of a deployment that calls nobody else. */
export const fetchOf =
  ({ answer }: { readonly answer: (seen: Seen) => Answer }): typeof fetch =>
  async (...call) =>
    answer(await seenOf(...call))

/**
 * A vendor in this process. `answer` checks what the real one checks (host, path, method, header names and schemes) and
 * answers as it does; a request that it does not know is 404 in the vendor's own form.
 */
export interface Fake {
  /** The provider's id. */
  readonly id: string
  /** Hosts that this vendor answers on. */
  readonly hosts: readonly string[]
  readonly answer: (seen: Seen) => Answer
  /** Of several vendors on one host, whether this request is for this one; the others get what nobody takes. */
  readonly takes?: (seen: Seen) => boolean
  /** Bodies of connect; null where the only way in is a login. */
  readonly form: { readonly good: object; readonly refused: object } | null
  /** Every secret that the fixture sends or the fake answers: none may ever show up anywhere. */
  readonly secrets: readonly string[]
  /** `account_id` of the connection. */
  readonly accountId: string
  /** The same where it differs from one organisation to the next. */
  readonly accountIdIn?: (orgId: string) => string
  /** Ids on the first and on the second page; null for a provider without resources, the second null when one page is all. */
  readonly resources: { readonly first: readonly string[]; readonly second: readonly string[] | null } | null
  /** How the core's revocation ends, and after the vendor has gone away. */
  readonly revocation: 'revoked' | 'unsupported'
  /** OAuth: what the deployment has, and what the vendor checks at its endpoints. */
  readonly oauth?: {
    readonly variables: Readonly<Record<string, string>>
    /** Stands for a person who consents at this authorize URL; answers the code of the redirect. */
    readonly consent: (authorize: URL) => string
  }
  /** What the organisation must have before it can connect. */
  readonly prepare?: (org: { readonly orgId: string; readonly userId: string }) => Promise<void>
  /** Variables that the provider needs besides. */
  readonly variables?: Readonly<Record<string, string>>
  /** True when access is minted: then the suite counts these requests. */
  readonly isTokenRequest?: (seen: Seen) => boolean
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers })

/** Numbered ids: `names('m', 1, 3)` is m1, m2, m3. */
export const names = (prefix: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)
