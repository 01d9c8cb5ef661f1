import { readdirSync, readFileSync } from 'node:fs'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Resident memory of the runtime that this process started, in MiB, or null where that cannot be read. */
export function runtimeMemory() {
  const pages = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = read(`/proc/${pid}/stat`)
      const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
      const isOurs = Number(rest?.split(' ')[1]) === process.pid && name === 'workerd'
      return isOurs ? [Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)] : []
    })
  return pages.length === 0 ? null : pages.reduce((sum, kib) => sum + kib, 0) / 1024
}
