/** One mebibyte: the largest request body of the API and of a webhook. */
const MAX_BODY_BYTES = 1_048_576

/** The same of a request that came in: of a declared length the runtime lets no more through, so it is read at once. */
export async function readRequestBody(
  request: Request,
  limit = MAX_BODY_BYTES,
): Promise<Uint8Array | null | 'too_large'> {
  const declared = request.headers.get('content-length')
  if (declared === null || !(Number(declared) <= limit)) return readBody(request, limit)
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.byteLength > limit) return 'too_large'
  return bytes.byteLength === 0 ? null : bytes
}

/**
 * Reads the body of a request (or of an answer) of at most `limit` bytes; null when there is none, `'too_large'` when it is longer
 * (refused before reading when the declared length says so, else while reading).
 */
export async function readBody(
  request: Pick<Request, 'headers' | 'body'>,
  limit = MAX_BODY_BYTES,
): Promise<Uint8Array | null | 'too_large'> {
  if (Number(request.headers.get('content-length') ?? '0') > limit) return 'too_large'
  if (request.body === null) return null
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (;;) {
    const read = await reader.read()
    if (read.done) break
    const chunk: unknown = read.value
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.byteLength
    if (length > limit) {
      await reader.cancel()
      return 'too_large'
    }
    chunks.push(chunk)
  }
  if (length === 0) return null
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
