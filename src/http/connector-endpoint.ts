/** Endpoints of connectors: as everywhere, and besides nobody may name another user than themselves. */
import { endpoint as anyEndpoint, type Endpoint } from './endpoint'

/** Bodies of connector endpoints are small. */
export const SMALL = 64 * 1024

export const endpoint = (spec: Endpoint) =>
  anyEndpoint(
    spec.who === 'public'
      ? spec
      : {
          ...spec,
          namesUser: true,
          errors: [...new Set([...(spec.errors ?? []), 'identity_mismatch' as const])],
        },
  )
