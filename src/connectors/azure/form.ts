/** The body of connect; the twin names accept the output of `az ad sp create-for-rbac`. */
import * as z from 'zod'
import { parseId } from '../../lib/ids'
import type { Identity } from './details'

const MISSING = 'Missing required credentials'
const NO_OBJECT = 'readOnlyCredentials must be an object'
const NEEDS_PAIR = 'readOnlyCredentials must include clientId and clientSecret'

const loose = z.unknown().optional()
const pair = {
  clientId: loose,
  appId: loose,
  clientSecret: loose,
  password: loose,
  tenantId: loose,
  tenant: loose,
  subscriptionId: loose,
}

export interface Credentials {
  readonly main: Identity & { readonly clientSecret: string }
  readonly readOnly: (Identity & { readonly clientSecret: string }) | null
  readonly subscriptionId: string | null
}

/** A tenant is a GUID or a domain name. It becomes part of a URL: nothing else may pass. */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/
const tenantOf = (text: string): string | null => {
  const lower = text.toLowerCase()
  return parseId(lower) ?? (DOMAIN.test(lower) ? lower : null)
}

const textOf = (...values: readonly unknown[]): string => {
  const given = values.find((value) => typeof value === 'string' && value.trim() !== '')
  return typeof given === 'string' ? given.trim() : ''
}

/** The tenant is asked for once; the read-only pair may name its own. */
export const form = z
  .object({ ...pair, subscriptionName: loose, readOnlyCredentials: loose })
  .transform((input, context): Credentials => {
    const refuse = (message: string): never => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const main = readPair(input, textOf(input.tenantId, input.tenant))
    if (main === 'missing') return refuse(MISSING)
    if (typeof main === 'string') return refuse(main)
    const subscription = textOf(input.subscriptionId)
    if (subscription !== '' && parseId(subscription) === null) return refuse('Invalid subscriptionId')
    const subscriptionId = subscription === '' ? null : parseId(subscription)
    if (input.readOnlyCredentials == null) return { main, readOnly: null, subscriptionId }
    const given = z.looseObject(pair).safeParse(input.readOnlyCredentials)
    if (!given.success) return refuse(NO_OBJECT)
    const readOnly = readPair(given.data, textOf(given.data.tenantId, given.data.tenant) || main.tenantId)
    if (readOnly === 'missing') return refuse(NEEDS_PAIR)
    if (typeof readOnly === 'string') return refuse(readOnly)
    return { main, readOnly, subscriptionId }
  })

/** The pair, `missing`, or the sentence that says what is wrong with it. */
function readPair(
  input: { clientId?: unknown; appId?: unknown; clientSecret?: unknown; password?: unknown },
  tenant: string,
): Credentials['main'] | string {
  const client = textOf(input.clientId, input.appId)
  const clientSecret = textOf(input.clientSecret, input.password)
  if (client === '' || clientSecret === '' || tenant === '') return 'missing'
  const [tenantId, clientId] = [tenantOf(tenant), parseId(client)]
  if (tenantId === null) return 'Invalid tenantId'
  if (clientId === null) return 'Invalid clientId'
  return clientSecret.length > 500 ? 'Invalid clientSecret' : { tenantId, clientId, clientSecret }
}
