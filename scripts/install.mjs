// Installs the packages when they are missing or older than the lock file. Runs on Node >= 20.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.package-lock.json')

function isFresh() {
  return existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs
}

if (!isFresh()) {
  console.log(
    'Installing packages, about half a minute; this happens once for each change of package-lock.json.',
  )
  const arguments_ = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--no-progress']
  const npm = spawnSync('npm', arguments_, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    const said = [npm.error?.message, npm.stdout, npm.stderr].filter(Boolean).join('\n').trim()
    console.error(`The packages could not be installed.\n${said}`)
    process.exit(1)
  }
  // npm leaves the stamp alone when nothing had to change; without this every start would install again.
  const now = new Date()
  utimesSync(stamp, now, now)
}
