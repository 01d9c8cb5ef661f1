import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('victim.mjs', import.meta.url))

/**
 * The server in a process group of its own.
 * @param {{ prepared: object, port: number, vars: Record<string, string>, world: string }} options `world` is the address that
 *   answers for every host outside
 * @returns {Promise<{ kill9: () => Promise<void> }>}
 */
export async function startVictim(options) {
  const child = fork(program, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, AURORA_VICTIM: JSON.stringify(options) },
  })
  const kill = () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The group is gone already.
    }
  }
  process.once('exit', kill)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const ready = new Promise((resolve) => child.once('message', () => resolve(true)))
  if (!(await Promise.race([ready, ended.then(() => false)]))) throw new Error('The server did not start.')
  return {
    kill9: async () => {
      kill()
      await ended
      process.off('exit', kill)
    },
  }
}
