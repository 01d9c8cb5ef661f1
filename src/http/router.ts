/**
 * Hono's trie of routes, with the ways that were gone remembered. The trie looks at every route that begins like the path,
 * and there are some hundreds; but which handlers a path leads to depends only on its words, not on the ids and tokens
 * between them.
 */
import type { Params, Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'
import { isIngestToken } from '../services/ingest-token'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Strangers choose the words of their paths: the memory starts again beyond this, and long paths have no place in it. */
const MOST_WAYS = 2000
const LONGEST_KEY = 200

/** Handlers, each with the places in the path that its parameters come from. */
type Way<T> = readonly (readonly [handler: T, places: readonly (readonly [name: string, place: number])[]])[]

export class RememberingRouter<T> implements Router<T> {
  readonly name = 'RememberingRouter'
  readonly #trie = new TrieRouter<T>()
  readonly #ways = new Map<string, Way<T>>()

  add(method: string, path: string, handler: T): void {
    this.#trie.add(method, path, handler)
  }

  match(method: string, path: string): Result<T> {
    const parts = path.split('/')
    // A space is in no path.
    const key = `${method} ${parts.map((part) => (isVariable(part) ? ' ' : part)).join('/')}`
    const way = this.#ways.get(key)
    if (way !== undefined)
      return [way.map(([handler, places]): [T, Params] => [handler, paramsOf(places, parts)])]
    const result = this.#trie.match(method, path)
    const found = path.includes('*') || key.length > LONGEST_KEY ? null : wayOf<T>(result, parts)
    if (found !== null) {
      if (this.#ways.size >= MOST_WAYS) this.#ways.clear()
      this.#ways.set(key, found)
    }
    return result
  }
}

/** No route has a word that looks like this. */
const isVariable = (part: string): boolean =>
  part.length === 36 ? ID.test(part) : part.length === 32 && isIngestToken(part)

function paramsOf(places: Way<unknown>[number][1], parts: readonly string[]): Params {
  const params: Params = {}
  for (const [name, place] of places) params[name] = parts[place] ?? ''
  return params
}

/** The way of a result, or null where a parameter is not one part of the path, which must be there once. */
function wayOf<T>(result: Result<T>, parts: readonly string[]): Way<T> | null {
  const way: [T, [string, number][]][] = []
  for (const [handler, params] of result[0]) {
    const places: [string, number][] = []
    for (const [name, value] of Object.entries<string | number>(params)) {
      const place = typeof value === 'string' ? parts.indexOf(value) : -1
      if (place < 0 || parts.lastIndexOf(parts[place] ?? '') !== place) return null
      places.push([name, place])
    }
    way.push([handler, places])
  }
  return way
}
