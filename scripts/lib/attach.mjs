// Preloaded into every Node process of `wrangler dev`: it ends with its parent, even when that was killed without a word,
// and it reads Worker variables from the environment, because arguments are visible to every user of the machine.
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()

  if (process.argv[1]?.endsWith('cli.js')) {
    for (const [name, value] of Object.entries(JSON.parse(process.env.AURORA_DEV_VARS ?? '{}')))
      process.argv.push('--var', `${name}:${value}`)
    delete process.env.AURORA_DEV_VARS
  }
}
