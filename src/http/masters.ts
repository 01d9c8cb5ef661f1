import { unavailable } from '../lib/errors'
import { readMasters, type Masters } from '../lib/seal-masters'
import { tellDevelopmentKey } from '../services/development-key'
import type { AppContext } from './env'

/** The keys that seal secrets. @throws AppError unavailable when the operator has set none */
export async function mastersOf(c: AppContext): Promise<Masters> {
  const read = await readMasters(c.env)
  if (!read.ok) throw unavailable(new Error(read.problem))
  tellDevelopmentKey(read.masters, c.req.url)
  return read.masters
}
