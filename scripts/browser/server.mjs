import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../lib/ports.mjs'
import { waitForReady } from '../lib/ready.mjs'
import { throwAwayFolder } from '../lib/server.mjs'
import { root } from '../lib/wrangler.mjs'

/** What `npm start` runs, on throw-away state, for a frontend at `frontend`, with further settings. */
export async function startForFrontend(frontend, settings = {}) {
  const port = await freePort()
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
    cwd: root,
    env: {
      ...process.env,
      PORT: String(port),
      AURORA_STATE: throwAwayFolder('browser'),
      FRONTEND_URL: frontend,
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-5_000)
  })
  process.once('exit', () => child.kill('SIGTERM'))
  const url = `http://127.0.0.1:${port}`
  const { ok, last } = await waitForReady(url, { giveUp: () => child.exitCode !== null })
  if (!ok) throw new Error(said.trim() || `The server did not become ready (last answer: ${last}).`)
  return { url }
}
