import { unavailable } from '../lib/errors'
import { readMasters } from '../lib/seal-masters'
import type { Masters } from '../lib/seal-masters'
import type { Bindings } from './env'

/** The keys that seal secrets. @throws AppError unavailable when the operator has set none */
export async function mastersOf(env: Bindings): Promise<Masters> {
  const read = await readMasters(env)
  if (!read.ok) throw unavailable(new Error(read.problem))
  return read.masters
}
