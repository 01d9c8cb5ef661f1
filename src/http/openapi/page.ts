/** The API document as a page to read: no script, no foreign host. */
import { html, raw } from 'hono/html'
import type { Hono } from 'hono'
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import type { App } from '../env'
import { operationsOf, type Operation } from './operations'
import { refusalsOf } from './refusals'

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 14%, transparent); --soft: color-mix(in srgb, currentColor 65%, transparent) }
  * { box-sizing: border-box } html { scroll-padding-top: 1rem }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 62rem) }
  nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 2rem 1rem; border-right: 1px solid var(--line) }
  nav a { display: flex; justify-content: space-between; padding: .15rem .5rem; border-radius: .3rem; color: inherit; text-decoration: none }
  nav a:hover { background: var(--line) } nav small { color: var(--soft) }
  main { padding: 2rem 2.5rem 8rem } h1 { margin: 0; font-size: 1.6rem } h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem }
  details { border: 1px solid var(--line); border-radius: .4rem; margin: .3rem 0 } details[open] { background: color-mix(in srgb, currentColor 3%, transparent) }
  summary { display: grid; grid-template-columns: 4.8rem minmax(0, 1fr); gap: 0 .8rem; align-items: baseline; padding: .45rem .7rem; cursor: pointer; list-style: none }
  summary::-webkit-details-marker { display: none }
  code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere }
  .method { font: 600 .75rem/1.7 ui-monospace, monospace; text-align: center; border-radius: .3rem; color: #fff; background: #57606a }
  .GET { background: #1a6fb5 } .POST { background: #1f7a44 } .PUT, .PATCH { background: #8a5a00 } .DELETE { background: #b3261e }
  .what { grid-column: 2; color: var(--soft) }
  dl { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .35rem 1rem; margin: 0; padding: .2rem .7rem .9rem 6.3rem }
  dt { color: var(--soft) } dd { margin: 0 } dd code { margin-right: .9rem; display: inline-block }
  @media (max-width: 60rem) { body { display: block } nav { position: static; height: auto; border: 0 } main { padding: 1rem } dl { padding-left: .7rem } }`

/** Everything that the app answers, grouped by resource. */
export function apiPage(app: Hono<App>) {
  const groups = Map.groupBy(operationsOf(app), ({ path }) => groupOf(path))
  const names = [...groups.keys()]
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Aurora Edge API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <nav>
          ${names.map(
            (name) => html`<a href="#${name}">${name} <small>${groups.get(name)?.length ?? 0}</small></a>`,
          )}
        </nav>
        <main>
          <h1>Aurora Edge API</h1>
          <p>
            Alerts in, explained incidents out. The machine-readable document is
            <a href="/openapi.json">/openapi.json</a>. Errors are
            <code>{"error", "code", "request_id"}</code> but on the paths of emulated products, which answer
            as those do.
          </p>
          ${names.map(
            (name) =>
              html`<h2 id="${name}">${name}</h2>
                ${(groups.get(name) ?? []).map(section)}`,
          )}
        </main>
      </body>
    </html>`
}

const groupOf = (path: string): string =>
  path.split('/').find((part) => part !== '' && part !== 'api') ?? 'root'

function section(operation: Operation) {
  const { method, path, endpoint, body, query } = operation
  const refusals = [...refusalsOf(operation)].toSorted()
  return html`<details>
    <summary>
      <span class="method ${method}">${method}</span> <code>${path}</code>
      <span class="what">${endpoint.summary}</span>
    </summary>
    <dl>
      <dt>Who</dt>
      <dd>${endpoint.who === 'public' ? 'everybody' : `members from ${endpoint.who} on`}</dd>
      ${fields('Query', query)} ${fields('Body', body)}
      <dt>Answers</dt>
      <dd>${codes(Object.keys(endpoint.answers))}</dd>
      <dt>Refusals</dt>
      <dd>${codes(refusals)}</dd>
      <dt>Counted in</dt>
      <dd>${endpoint.bucket ?? 'a limit of its own'}</dd>
    </dl>
  </details>`
}

const codes = (texts: readonly string[]) => texts.map((text) => html`<code>${text}</code>`)

/** The members of an object, those that may be left out with a question mark. */
function fields(name: string, schema: Operation['body']) {
  const names = schema === null ? [] : membersOf(schema)
  return names.length === 0
    ? ''
    : html`<dt>${name}</dt>
        <dd>${codes(names)}</dd>`
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
})

function membersOf(schema: Schema): readonly string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const { properties = {}, required = [] } = objectSchema.parse(json)
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`))
}
