/**
 * What the incident speaks of. A model that was talked into it could carry data out in the name or path that it asks for, so
 * nothing is asked for that did not come in with the incident: then nothing leaves that was not there before. Answers to what a
 * model asked do not count: many repeat its words, and query languages can spell anything.
 */
import type { ToolContext } from '../../../agent/tools/tool'

const ALERTS = 500

export interface Mentioned {
  /** This very address, whatever follows `#`. */
  readonly address: (url: URL) => boolean
  /** This host, with its port where it is not the usual one. */
  readonly host: (host: string) => boolean
  /** This name, or one below it. */
  readonly domain: (name: string) => boolean
}

export async function mentionedIn({ reads, given }: ToolContext): Promise<Mentioned> {
  const alerts = await reads.alerts(ALERTS)
  const text = [...given.map(({ output }) => output), JSON.stringify(alerts)].join('\n')
  const folded = text.toLowerCase()
  return {
    // To the letter: capitals in a path could carry something, too.
    address: (url) => stands(text, withoutHash(url), /[a-z0-9]/i),
    host: (host) => stands(folded, host.toLowerCase(), /[a-z0-9._-]/),
    domain: (name) => stands(folded, name.toLowerCase(), /[a-z0-9_-]/),
  }
}

/** @param before what may not stand in front of it */
function stands(text: string, name: string, before: RegExp): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const rest = text.slice(at + name.length, at + name.length + 2)
    if (!before.test(text.charAt(at - 1)) && !/^(?:[a-z0-9_-]|\.[a-z0-9])/i.test(rest)) return true
  }
  return false
}

const withoutHash = ({ href, hash }: URL): string => (hash === '' ? href : href.slice(0, -hash.length))
