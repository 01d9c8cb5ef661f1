/** Where a page of sessions ended: the time and the id of its last one, in a form that clients hand back unread. */
import * as z from 'zod'
import { parseId } from '../lib/ids'

interface Place {
  readonly id: string
  readonly updatedAt: number
}

const encode = ({ id, updatedAt }: Place): string =>
  btoa(`${updatedAt}.${id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

function decode(text: string): Place | null {
  if (!/^[\w-]{1,100}$/.test(text)) return null
  let plain: string
  try {
    plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return null
  }
  const [, time, name] = /^(\d{1,15})\.(.+)$/.exec(plain) ?? []
  const id = name === undefined ? null : parseId(name)
  return id === null ? null : { id, updatedAt: Number(time) }
}

/** A query parameter that holds such a place. */
export const readCursor = (error: string) =>
  z
    .string({ error })
    .transform((text, context) => {
      const place = decode(text)
      if (place !== null) return place
      context.addIssue({ code: 'custom', message: error })
      return z.NEVER
    })
    .optional()

/** The first `limit` of these, last change first, and where the next page begins. */
export function pageOf<S extends Place>(
  sessions: readonly S[],
  limit: number,
): { readonly sessions: readonly S[]; readonly nextCursor: string | null } {
  const ordered = sessions.toSorted((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1))
  const page = ordered.slice(0, limit)
  const last = page.at(-1)
  return { sessions: page, nextCursor: ordered.length > limit && last !== undefined ? encode(last) : null }
}
