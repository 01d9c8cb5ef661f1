// `npm run size`: how large the Worker is, what is in it, and what it costs to start. Needs no network and no account.
import './install.mjs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildBundle } from './lib/bundle.mjs'
import { throwAwayFolder } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { runWrangler } from './lib/wrangler.mjs'

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`

/** The package that a module of the bundle comes from. */
function packageOf(path) {
  const [, inside] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  return inside ?? (/(^|\/)(src|drizzle)\//.test(path) ? 'aurora (src, drizzle)' : 'build helpers')
}

function largestPackages(metafile) {
  const { outputs } = JSON.parse(readFileSync(metafile, 'utf8'))
  const sums = new Map()
  for (const output of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs))
      sums.set(packageOf(path), (sums.get(packageOf(path)) ?? 0) + bytesInOutput)
  return [...sums].sort((a, b) => b[1] - a[1]).slice(0, 10)
}

/** Milliseconds of processor time until the Worker can take its first request; the least of three runs. */
function startupMs(folder) {
  const outfile = join(folder, 'startup.cpuprofile')
  const runs = [1, 2, 3].map(() => runWrangler(['check', 'startup', '--outfile', outfile]))
  const active = runs.map(({ text }) => Number(/Active:\s*([\d.]+)\s*ms/.exec(text)?.[1] ?? Number.NaN))
  return Math.min(...active)
}

const folder = throwAwayFolder('size')
const { main, metafile } = buildBundle({ folder: join(folder, 'bundle') })
const worker = readFileSync(main)

console.log('\nThe Worker, as `wrangler deploy` would send it\n')
console.log(table(['', 'bytes', 'gzip'], [['minified', kib(worker.length), kib(gzipSync(worker).length)]]))
console.log('\nThe ten largest packages in it\n')
console.log(
  table(
    ['package', 'bytes'],
    largestPackages(metafile).map(([name, bytes]) => [name, kib(bytes)]),
  ),
)
const ms = startupMs(folder)
console.log(
  `\nStart-up: ${Number.isNaN(ms) ? 'not measured' : `${ms} ms of processor time`} on this machine (best of 3; the limit is 1,000 ms)\n`,
)
