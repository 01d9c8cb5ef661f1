/** Opaque cursors of lists that are ordered by a time and an id. */
import { parseId } from './ids'

export interface Cursor {
  /** ms since the epoch. */
  readonly at: number
  readonly id: string
}

export const encodeCursor = ({ at, id }: Cursor): string => btoa(`${at}.${id}`).replaceAll('=', '')

/** The cursor in `text`, null when we never gave it out. */
export function decodeCursor(text: string): Cursor | null {
  let plain: string
  try {
    plain = atob(text)
  } catch {
    return null
  }
  const [, at, given] = /^(\d{1,15})\.(.{36})$/.exec(plain) ?? []
  const id = given === undefined ? null : parseId(given)
  return at === undefined || id === null ? null : { at: Number(at), id }
}
