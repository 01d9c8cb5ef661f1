import { json, names, type Fake, type Seen } from './fake'

interface Kind {
  readonly id: 'prometheus' | 'loki'
  readonly host: string
  readonly proof: string
  readonly list: string
}

const TENANT = 'team-a'

/** Prometheus and Loki check the same things: the scheme of the credential, and the tenant. */
export function queryEndpoint({ id, host, proof, list }: Kind): Fake {
  const token = `${id}-token-0123456789`
  const found = names(`${id}-`, 1, 150)
  const baseUrl = `https://${host}/prefix`
  const refuses = ({ headers }: Seen): boolean =>
    headers.get('authorization') !== `Bearer ${token}` || headers.get('x-scope-orgid') !== TENANT
  return {
    id,
    hosts: [host],
    form: {
      good: { baseUrl: `${host}/prefix/`, authType: 'bearer', token, tenantId: TENANT },
      refused: { baseUrl, authType: 'bearer', token: 'a-token-of-somebody-else', tenantId: TENANT },
    },
    secrets: [token],
    accountId: `${baseUrl}#${TENANT}`,
    resources: { first: found.slice(0, 100), second: found.slice(100) },
    revocation: 'unsupported',
    answer: (seen) => {
      if (refuses(seen)) return json({ status: 'error', errorType: 'unauthorized' }, 401)
      const path = seen.url.pathname
      if (path === `/prefix${list}`) return json({ status: 'success', data: found })
      if (path !== `/prefix${proof}`) return json({ status: 'error' }, 404)
      return json({ status: 'success', data: { resultType: 'vector', result: [] } })
    },
  }
}
