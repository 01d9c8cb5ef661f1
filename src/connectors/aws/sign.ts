/** Signed requests (Signature Version 4) over the guarded `fetch`. No retries here: jobs retry through their queue. */
import { AwsV4Signer } from 'aws4fetch'
import type { VendorCtx } from '../vendor-ctx'
import type { VendorAnswer } from '../egress'
import type { Outcome } from '../outcome'
import { DEFAULT_REGION, hostOf, type Region, type Service } from './regions'

/** A base identity, or temporary keys with their session token. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsRequest {
  readonly service: Service
  readonly region: Region
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

/** A call of the Query protocol. Absent parameters are left out. */
export const queryRequest = (
  service: Service,
  region: Region,
  parameters: Readonly<Record<string, string | number | undefined>>,
): AwsRequest => ({
  service,
  region,
  headers: { 'content-type': FORM },
  body: new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString(),
})

/** A call of the JSON protocol. */
export const jsonRequest = (
  service: Service,
  region: Region,
  target: string,
  input: unknown,
): AwsRequest => ({
  service,
  region,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  body: JSON.stringify(input),
})

/** Signs every header that it sends, for exactly this service and region. */
export async function send(ctx: VendorCtx, keys: Keys, request: AwsRequest): Promise<Outcome<VendorAnswer>> {
  const { service, method = 'POST', path = '/', headers = {}, body } = request
  const region = service === 'iam' ? DEFAULT_REGION : request.region
  const signer = new AwsV4Signer({
    method,
    url: `https://${hostOf(service, region)}${path}`,
    headers: { ...headers },
    ...keys,
    ...(body === undefined ? {} : { body }),
    service,
    region,
    datetime: new Date(ctx.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    allHeaders: true,
  })
  const signed = await signer.sign()
  return ctx.fetch(signed.url.href, {
    method,
    headers: Object.fromEntries(signed.headers),
    ...(body === undefined ? {} : { body }),
  })
}
