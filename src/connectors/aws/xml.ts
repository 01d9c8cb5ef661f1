/** AWS's XML, read as data: no entities, no document types, only the root that was expected. */
import { XMLParser } from 'fast-xml-parser'
import * as z from 'zod'

/** The document as nested objects of texts; null when it is none, or declares a document type. */
export function readXml(text: string): unknown {
  if (/<!doctype/i.test(text) || /<!entity/i.test(text)) return null
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    processEntities: false,
    isArray: (name) => name === 'item' || name === 'member',
  })
  try {
    const read: unknown = parser.parse(text, true)
    return read
  } catch {
    return null
  }
}

const error = z.object({ Code: z.string() })
const failures = z.union([
  z.object({ ErrorResponse: z.object({ Error: error }) }).transform((it) => it.ErrorResponse.Error.Code),
  z
    .object({ Response: z.object({ Errors: z.object({ Error: error }) }) })
    .transform((it) => it.Response.Errors.Error.Code),
])

/** The code of an error answer, XML or JSON; null when there is none. */
export function errorCode(text: string): string | null {
  const json = jsonCode(text)
  if (json !== null) return json
  const read = failures.safeParse(readXml(text))
  return read.success ? read.data : null
}

const typed = z.object({ __type: z.string() })

function jsonCode(text: string): string | null {
  if (!text.startsWith('{')) return null
  try {
    const read = typed.safeParse(JSON.parse(text))
    return read.success ? (read.data.__type.split('#').at(-1) ?? null) : null
  } catch {
    return null
  }
}
