// A real Prometheus that has seen something: samples are given to it as blocks, as if it had scraped them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../lib/ports.mjs'
import { start, versionOf, write } from './daemons.mjs'

const programs = ['prometheus', 'promtool']
const [daemon, tool] = programs

/** The programs that are missing here. */
export const missingForHistory = () => programs.filter((program) => versionOf(program) === null)

/**
 * Starts a Prometheus over samples `[seconds, value]`.
 * @param {string} folder
 * @param {{ labels: Record<string, string>, points: [number, number][] }[]} series
 * @param {object} [rules] content of a rule file
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function startHistory(folder, series, rules = { groups: [] }) {
  const storage = join(folder, 'history')
  mkdirSync(storage, { recursive: true })
  const samples = join(folder, 'samples.txt')
  writeFileSync(samples, openMetrics(series))
  const made = spawnSync(tool, ['tsdb', 'create-blocks-from', 'openmetrics', samples, storage], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (made.status !== 0) throw new Error(`promtool: ${made.stderr.trim()}`)
  const address = `127.0.0.1:${await freePort()}`
  const ruleFile = write(folder, 'history-rules.yml', rules)
  const file = write(folder, 'history.yml', { rule_files: [ruleFile] })
  const arguments_ = [`--config.file=${file}`, `--storage.tsdb.path=${storage}`]
  arguments_.push(`--web.listen-address=${address}`)
  const url = `http://${address}`
  return { url, stop: await start(daemon, arguments_, url, folder) }
}

/** Samples as text of OpenMetrics, a metric's series together. */
function openMetrics(series) {
  const families = Object.entries(Object.groupBy(series, ({ labels }) => labels.__name__))
  const lines = families.flatMap(([name, own]) =>
    own.flatMap(({ labels, points }) => {
      const said = Object.entries(labels)
        .filter(([label]) => label !== '__name__')
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      return points.map(([time, value]) => `${name}{${said.join(',')}} ${value} ${time}`)
    }),
  )
  return `${lines.join('\n')}\n# EOF\n`
}
