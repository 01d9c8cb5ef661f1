/** A throw-away master key belongs to a developer's machine and nowhere else. */
import { isLoopback } from '../lib/loopback'
import { log } from '../lib/log'
import type { Masters } from '../lib/seal-masters'

/** Logs an error when secrets are about to be sealed under such a key for a host that is no loopback name. */
export function tellDevelopmentKey(masters: Masters, origin: string | null): void {
  if (origin === null || !masters.current.isDevelopment) return
  const { hostname } = new URL(origin)
  if (!isLoopback(hostname))
    log.error('seal.development_key', new Error('CONNECTOR_MASTER_KEY is a development key'), {
      host: hostname,
    })
}
