// The analyst and the labelled scenarios as one module that this process can run.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { throwAwayFolder } from '../lib/server.mjs'
import { root } from '../lib/wrangler.mjs'

const require = createRequire(join(root, 'package.json'))

/** Bundles them with the esbuild that wrangler brings, and loads the bundle. */
export async function loadAnalyst() {
  const { buildSync } = createRequire(require.resolve('wrangler'))('esbuild')
  const outfile = join(throwAwayFolder('analyst'), 'analyst.mjs')
  buildSync({
    entryPoints: [join(root, 'test', 'scenarios', 'scorecard.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}
