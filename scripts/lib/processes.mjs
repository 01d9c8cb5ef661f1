import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Parent of a process on Linux, or null where that cannot be read. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

/**
 * Calls `onGone` once when the process that started us is gone. Under npm that is npm itself, two steps up: killed with
 * SIGKILL it leaves the shell between us alive.
 */
export function watchParent(onGone) {
  const parent = process.ppid
  const grandparent = process.env.npm_lifecycle_event ? parentOf(parent) : null
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === null || parentOf(parent) === grandparent)) return
    clearInterval(timer)
    onGone()
  }, 200)
  timer.unref()
}

/** Kills a process and everything below it at once. The slow path, for when a polite signal was not obeyed. */
export function killTree(pid) {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const pairs = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([child]) => child)
  const doomed = [pid]
  for (const one of doomed)
    doomed.push(...pairs.filter(([, parent]) => parent === one).map(([child]) => child))
  for (const one of doomed) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // It ended by itself in the meantime.
    }
  }
}
