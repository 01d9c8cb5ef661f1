/** What authorises a call: headers to send along, or temporary keys to sign with. Never the sealed secret of a vendor that mints. */
export type Access =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'aws'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken: string
      readonly region: string | null
    }
  /** Nothing to send along: the agent of this cluster does the asking. */
  | { readonly kind: 'agent'; readonly clusterId: string }

export const headerAccess = (headers: Readonly<Record<string, string>>): Access => ({
  kind: 'headers',
  headers,
})

/** The headers of an access, none where calls are signed. */
export const headersOf = (access: Access): Readonly<Record<string, string>> =>
  access.kind === 'headers' ? access.headers : {}

/** The usual access of a token (RFC 6750). */
export const bearer = (token: string): Access => headerAccess({ authorization: `Bearer ${token}` })
