/**
 * Hono's trie of routes, with the way to each route remembered. The trie looks at every route that begins like the path,
 * and there are some hundreds; but which handlers a path leads to depends only on its words, not on the ids between them.
 */
import type { Params, Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Handlers, each with the places in the path that its parameters come from. */
type Way<T> = readonly (readonly [handler: T, places: readonly (readonly [name: string, place: number])[]])[]

export class RememberingRouter<T> implements Router<T> {
  readonly name = 'RememberingRouter'
  readonly #trie = new TrieRouter<T>()
  readonly #ways = new Map<string, Way<T>>()
  /** Paths of routes, ids as `*`: no other is remembered, so strangers cannot fill the memory. */
  readonly #known = new Set<string>()

  add(method: string, path: string, handler: T): void {
    this.#trie.add(method, path, handler)
    this.#known.add(path.replaceAll(/:\w+/g, '*'))
  }

  match(method: string, path: string): Result<T> {
    const parts = path.split('/')
    const shape = parts.map((part) => (part.length === 36 && ID.test(part) ? '*' : part)).join('/')
    const key = `${method} ${shape}`
    const way = this.#ways.get(key)
    if (way !== undefined)
      return [way.map(([handler, places]): [T, Params] => [handler, paramsOf(places, parts)])]
    const result = this.#trie.match(method, path)
    if (this.#known.has(shape) && !path.includes('*')) {
      const found = wayOf<T>(result, parts)
      if (found !== null) this.#ways.set(key, found)
    }
    return result
  }
}

function paramsOf(places: Way<unknown>[number][1], parts: readonly string[]): Params {
  const params: Params = {}
  for (const [name, place] of places) params[name] = parts[place] ?? ''
  return params
}

/** The way of a result, or null where a parameter is not one of the path's ids, each of which must be there once. */
function wayOf<T>(result: Result<T>, parts: readonly string[]): Way<T> | null {
  const way: [T, [string, number][]][] = []
  for (const [handler, params] of result[0]) {
    const places: [string, number][] = []
    for (const [name, value] of Object.entries<string | number>(params)) {
      const place = typeof value === 'string' ? parts.indexOf(value) : -1
      if (place < 0 || parts.lastIndexOf(parts[place] ?? '') !== place || !ID.test(parts[place] ?? ''))
        return null
      places.push([name, place])
    }
    way.push([handler, places])
  }
  return way
}
