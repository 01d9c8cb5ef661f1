import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../lib/ports.mjs'
import { waitFor } from '../lib/wait.mjs'
import { alertmanagerConfig, prometheusConfig, rules } from './config.mjs'

const programs = ['prometheus', 'prometheus-alertmanager', 'amtool']

/** The version that a program tells of itself, null where it is not installed. */
export function versionOf(program) {
  const { stdout, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return error ? null : (/version (\d[\d.]*)/.exec(stdout + stderr)?.[1] ?? 'of unknown version')
}

/** Versions by program, and the programs that are missing. */
export function installed() {
  const versions = Object.fromEntries(programs.map((program) => [program, versionOf(program)]))
  return { versions, missing: programs.filter((program) => versions[program] === null) }
}

/** A checkout whose share of failing requests is whatever `fail` was told last. */
export async function startCheckout() {
  let ratio = 0
  const server = createServer((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      .end(`checkout_error_ratio ${ratio}\n`),
  )
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return {
    target: `127.0.0.1:${server.address().port}`,
    fail: (share) => {
      ratio = share
    },
  }
}

/** Starts a daemon that ends with this process, and waits until it says that it is ready. Answers what ends it before. */
export async function start(program, arguments_, url, folder) {
  const child = spawn(program, arguments_, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-5_000)
    })
  process.once('exit', () => child.kill('SIGKILL'))
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended.\n${said.trim()}`)
    const answer = await fetch(`${url}/-/ready`).catch(() => null)
    return answer?.ok
  }
  await waitFor(`${program} to be ready`, isReady, { everyMs: 50, timeoutMs: 60_000 })
  return () => child.kill('SIGKILL')
}

export function write(folder, name, content) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, stringify(content))
  return file
}

/** An Alertmanager with these receivers. @returns {Promise<{ target: string }>} */
export async function startAlertmanager(folder, receivers) {
  const target = `127.0.0.1:${await freePort()}`
  const file = write(folder, 'alertmanager.yml', alertmanagerConfig(receivers))
  const arguments_ = [`--config.file=${file}`, `--storage.path=${join(folder, 'alertmanager')}`]
  arguments_.push(`--web.listen-address=${target}`, '--cluster.listen-address=')
  await start('prometheus-alertmanager', arguments_, `http://${target}`, folder)
  return { target }
}

/** A Prometheus that reads `metrics` and tells each of `alertmanagers` what fires. */
export async function startPrometheus(folder, { metrics, alertmanagers }) {
  const address = `127.0.0.1:${await freePort()}`
  const ruleFile = write(folder, 'rules.yml', rules)
  const file = write(folder, 'prometheus.yml', prometheusConfig({ metrics, alertmanagers, ruleFile }))
  const arguments_ = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'prometheus')}`]
  // What still fires is told again each second, so that repeats are seen, too.
  arguments_.push(`--web.listen-address=${address}`, '--rules.alert.resend-delay=1s')
  await start('prometheus', arguments_, `http://${address}`, folder)
}

/** The open alerts that Alertmanager's own client reads at `url`. */
export function queryAlerts(url) {
  const arguments_ = ['alert', 'query', `--alertmanager.url=${url}`, '--output=json']
  const [, , amtool] = programs
  const { status, stdout, stderr } = spawnSync(amtool, arguments_, { encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(`amtool: ${stderr.trim()}`)
  return JSON.parse(stdout)
}
