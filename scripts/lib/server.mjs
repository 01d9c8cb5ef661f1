// Servers for the scripts and end-to-end tests: the real bundle on throw-away state.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBundle } from './bundle.mjs'
import { migrate } from './migrate.mjs'
import { plainError } from './output.mjs'
import { freePort } from './ports.mjs'
import { waitForReady } from './ready.mjs'
import { ensureSecrets } from './secrets.mjs'
import { root } from './wrangler.mjs'

const require = createRequire(join(root, 'package.json'))
/** The Miniflare that wrangler itself runs on, whatever else is installed. */
const requireOfWrangler = createRequire(require.resolve('wrangler'))

/** A folder that is removed when this process ends. */
export function throwAwayFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `aurora-${name}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Builds once, makes secrets beside the bundle; servers start from what this returns. */
export function prepareServer({ folder = throwAwayFolder('server') } = {}) {
  const bundle = buildBundle({ folder: join(folder, 'bundle') })
  ensureSecrets(join(bundle.folder, '.dev.vars'))
  const state = join(folder, 'state')
  mkdirSync(state, { recursive: true })
  const migrated = migrate({ state, cwd: bundle.folder })
  if (!migrated.ok) throw new Error(`The migrations could not be applied.\n${plainError(migrated.text)}`)
  return { ...bundle, state }
}

/** The bundle, and the texts that it imports as they are. */
const modulesOf = ({ folder, main }) => [
  { type: 'ESModule', path: main },
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => ({ type: 'Text', path: join(folder, name) })),
]

/**
 * The bundle under the Miniflare API: no proxy and no request log, so its figures say something about the Worker.
 * @param {{ prepared?: object, port?: number, vars?: Record<string, string>, outbound?: (request: Request) => Response }} options
 *   `outbound` stands in for the whole internet
 * @returns {Promise<{ url: string, db: D1Database, stop: () => Promise<void> }>}
 */
export async function startMiniflare({ prepared = prepareServer(), port, vars = {}, outbound } = {}) {
  process.env.WRANGLER_LOG = 'error'
  const { unstable_getMiniflareWorkerOptions: readOptions } = require('wrangler')
  const { Miniflare, convertV4MiniflareOptions } = requireOfWrangler('miniflare')
  const { workerOptions } = readOptions(prepared.config)
  const options = convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: port ?? (await freePort()),
    cf: false,
    workers: [
      {
        ...workerOptions,
        name: 'aurora-edge',
        modules: modulesOf(prepared),
        // Nothing here looks at public addresses: runs are the same with and without a network.
        bindings: { ...workerOptions.bindings, PUBLIC_TOOLS: 'off', ...vars },
        ...(outbound && { outboundService: outbound }),
      },
    ],
  })
  const miniflare = new Miniflare({
    ...options,
    resourcePersistencePath: join(prepared.state, 'v3'),
    // A line on the screen for every request is not what is measured here.
    handleStructuredLogs: () => {},
  })
  const url = String(await miniflare.ready).replace(/\/$/, '')
  const { ok, last } = await waitForReady(url)
  if (!ok) {
    await miniflare.dispose()
    throw new Error(`The server did not become ready (last answer: ${last}).`)
  }
  return { url, db: await miniflare.getD1Database('DB'), stop: () => miniflare.dispose() }
}
