import * as z from 'zod'
import { isJsonArray, isJsonObject, toJson, type Json } from '../json'
import { tool } from './tool'

/** Output of `get_alert_payload`. */
export const alertPayloadOutput = z.object({ alertId: z.string(), pointer: z.string(), value: z.unknown() })

/** Part of the payload that brought an alert, by JSON pointer (RFC 6901). */
export const getAlertPayload = tool({
  name: 'get_alert_payload',
  description:
    'The stored payload that brought an alert, or the part of it that a JSON pointer such as /alerts/0/annotations names.',
  access: 'read',
  input: z.strictObject({
    alertId: z.uuid(),
    pointer: z
      .string()
      .max(500)
      .regex(/^(?:\/.*)?$/)
      .optional(),
  }),
  run: async ({ alertId, pointer = '' }, { reads }) => {
    const payload = await reads.payload(alertId)
    const value = payload === null || payload === undefined ? undefined : resolve(toJson(payload), pointer)
    if (value === undefined)
      return { status: 'empty', output: { alertId, pointer, value: null }, trust: 'normal' }
    return { status: 'success', output: { alertId, pointer, value }, trust: 'normal' }
  },
})

function resolve(value: Json, pointer: string): Json | undefined {
  let at: Json | undefined = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (at === undefined) return undefined
    if (isJsonArray(at)) at = /^\d+$/.test(key) ? at[Number(key)] : undefined
    else if (isJsonObject(at)) at = Object.hasOwn(at, key) ? at[key] : undefined
    else return undefined
  }
  return at
}
