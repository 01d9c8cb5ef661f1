/** Cursors of vendors that count pages, or answer everything at once. They come back from clients, so they are read as strangers' input. */
export interface Resource {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface Page {
  readonly resources: readonly Resource[]
  /** Opaque; comes back as it was given. Null at the end. */
  readonly nextCursor: string | null
}

const SLICE = 100

/** The number in a cursor; `first` for none and for one that is not ours. */
export const numberOf = (cursor: string | null, first: number): number =>
  cursor !== null && /^\d{1,9}$/.test(cursor) ? Number(cursor) : first

/** A page of a list that the vendor knows no pages of. */
export function sliceOf(all: readonly Resource[], cursor: string | null): Page {
  const from = numberOf(cursor, 0)
  const next = from + SLICE
  return { resources: all.slice(from, next), nextCursor: next < all.length ? String(next) : null }
}
