import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainError } from './output.mjs'
import { root, runWrangler } from './wrangler.mjs'

/**
 * Builds the Worker into a folder of its own, with its configuration and migrations, so that a server running from there
 * does not reload when a source file changes.
 * @param {{ folder: string }} options
 * @returns {{ folder: string, main: string, metafile: string, config: string }} paths
 */
export function buildBundle({ folder }) {
  mkdirSync(folder, { recursive: true })
  const metafile = join(folder, 'meta.json')
  const built = runWrangler(['deploy', '--dry-run', '--env', '', '--outdir', folder, '--metafile', metafile])
  if (!built.ok) throw new Error(`The Worker does not build.\n${plainError(built.text)}`)
  const config = join(folder, 'wrangler.toml')
  const text = readFileSync(join(root, 'wrangler.toml'), 'utf8')
  writeFileSync(config, text.replace(/^main = .*$/m, 'main = "index.js"\nno_bundle = true'))
  cpSync(join(root, 'migrations'), join(folder, 'migrations'), { recursive: true })
  return { folder, main: join(folder, 'index.js'), metafile, config }
}
