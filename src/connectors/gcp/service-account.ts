/** Service-account keys: read as strangers' input, used only against Google's own token endpoint. */
import { importPKCS8, SignJWT } from 'jose'
import * as z from 'zod'
import { TOKEN_URL, SCOPE, type ServiceAccountKey } from './details'

const MISSING = "Missing 'service_account_json' field or value is not a string"
const TYPE = "Service account JSON must have 'type' field equal to 'service_account'"
const REQUIRED = ['project_id', 'private_key', 'client_email', 'token_uri'] as const

/** The body of connect. Its rules are checked in a fixed order, and the first that fails is the answer. */
export const form = z.object({
  service_account_json: z.string({ error: MISSING }).transform((text, context) => {
    const read = readKey(text)
    if (typeof read !== 'string') return read
    context.addIssue({ code: 'custom', message: read })
    return z.NEVER
  }),
})

/** The key, or the sentence that says what is wrong with it. */
function readKey(text: string): ServiceAccountKey | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'Uploaded file is not valid JSON'
  }
  const object = z.record(z.string(), z.unknown()).safeParse(json)
  if (!object.success) return 'Service account JSON must be a JSON object'
  if (object.data['type'] !== 'service_account') return TYPE
  const given = (name: string): string => {
    const value = object.data[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  for (const name of REQUIRED)
    if (given(name) === '') return `Missing required field '${name}' in service account JSON`
  return {
    client_email: given('client_email'),
    private_key: given('private_key'),
    private_key_id: given('private_key_id') || null,
    project_id: given('project_id'),
  }
}

/**
 * The signed assertion of RFC 7523 for one hour; null when the key is no PKCS#8 RSA key. The audience is Google's token
 * endpoint, whatever the uploaded key names.
 */
export async function assertionOf(
  key: Omit<ServiceAccountKey, 'project_id'>,
  now: number,
  scope: string = SCOPE,
): Promise<string | null> {
  const issuedAt = Math.floor(now / 1000)
  try {
    const signing = await importPKCS8(key.private_key, 'RS256')
    return await new SignJWT({ scope })
      .setProtectedHeader({
        alg: 'RS256',
        typ: 'JWT',
        ...(key.private_key_id === null ? {} : { kid: key.private_key_id }),
      })
      .setIssuer(key.client_email)
      .setAudience(TOKEN_URL)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + 3600)
      .sign(signing)
  } catch {
    return null
  }
}
