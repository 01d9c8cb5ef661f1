import { spawn, spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const binaries = join(root, 'node_modules', '.bin')
const wrangler = join(binaries, 'wrangler')
const attach = new URL('./attach.mjs', import.meta.url).href

/** The environment in which wrangler asks nothing, sends nothing and prints only what matters. */
export function quietEnvironment(extra = {}) {
  return {
    ...process.env,
    CI: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    X_LOCAL_OBSERVABILITY: 'false',
    X_LOCAL_EXPLORER: 'false',
    PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}`,
    ...extra,
  }
}

/**
 * Runs one wrangler command to its end.
 * @returns {{ ok: boolean, text: string }} `text` is everything it said.
 */
export function runWrangler(arguments_, { cwd = root, env = {}, timeoutMs = 120_000 } = {}) {
  const done = spawnSync(wrangler, arguments_, {
    cwd,
    env: quietEnvironment(env),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const text = [done.stdout, done.stderr, done.error?.message].filter(Boolean).join('\n')
  return { ok: done.status === 0, text }
}

/**
 * Starts `wrangler dev` on the loopback address. It stops by itself when this process is gone.
 * `vars` become Worker variables; they travel by environment, since arguments are visible to every user of the machine.
 */
export function spawnDev({ port, state, vars = {} }) {
  const arguments_ = ['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0']
  arguments_.push('--persist-to', state, '--show-interactive-dev-session=false', '--log-level=warn')
  return spawn(wrangler, arguments_, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: quietEnvironment({
      NODE_OPTIONS: `--import=${attach}`,
      AURORA_DEV_VARS: JSON.stringify(vars),
      // A registry of its own: servers of one machine must not find each other's objects.
      WRANGLER_REGISTRY_PATH: join(state, 'registry'),
    }),
  })
}
