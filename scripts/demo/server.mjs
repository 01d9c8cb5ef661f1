import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort, portProblem } from '../lib/ports.mjs'
import { waitForReady } from '../lib/ready.mjs'
import { root } from '../lib/wrangler.mjs'

const port = Number(process.env.PORT || 5080)

async function isAurora(url) {
  try {
    const response = await fetch(`${url}/health/liveness`, { signal: AbortSignal.timeout(3_000) })
    return (await response.json()).status === 'alive'
  } catch {
    return false
  }
}

/**
 * The server that already runs, or one started for the demo on the same data as `npm start`.
 * @returns {Promise<{ url: string, isOurs: boolean, stop: () => void }>}
 */
export async function findOrStartServer() {
  const url = process.env.AURORA_URL ?? `http://127.0.0.1:${port}`
  if (await isAurora(url)) return { url, isOurs: false, stop: () => {} }
  if (process.env.AURORA_URL) throw new Error(`No Aurora answers at ${url} (AURORA_URL).`)

  const chosen = (await portProblem(port)) === null ? port : await freePort()
  const own = `http://127.0.0.1:${chosen}`
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
    cwd: root,
    env: { ...process.env, PORT: String(chosen) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-5_000)
  })
  const stop = () => child.kill('SIGTERM')
  process.once('exit', stop)
  const { ok, last } = await waitForReady(own, { giveUp: () => child.exitCode !== null })
  if (!ok) throw new Error(said.trim() || `The server did not become ready (last answer: ${last}).`)
  return { url: own, isOurs: true, stop }
}
