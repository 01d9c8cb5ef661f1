import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.mjs'

async function withConnections(port, count, work) {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(port)))
  try {
    return await work(connections)
  } finally {
    connections.forEach((connection) => connection.close())
  }
}

/**
 * As many requests as eight connections get through, one after the other on each.
 * @param {() => Buffer} next gives the bytes of the next request
 * @returns {Promise<{ perSecond: number, sent: number, refused: number }>} `refused` counts answers that are not 2xx
 */
export function measureThroughput(port, next, { seconds = 2, connections = 8, most = Infinity } = {}) {
  return withConnections(port, connections, async (open) => {
    const began = performance.now()
    const end = began + seconds * 1000
    let sent = 0
    let refused = 0
    const drive = async (connection) => {
      while (performance.now() < end && sent < most) {
        sent++
        const status = await connection.send(next())
        if (status < 200 || status > 299) refused++
        if (status === 0) return
      }
    }
    await Promise.all(open.map(drive))
    return { perSecond: sent / ((performance.now() - began) / 1000), sent, refused }
  })
}

/**
 * Requests at a fixed rate, each measured from the moment it was due: a server that falls behind cannot hide it.
 * @returns {Promise<{ p50: number, p99: number }>} milliseconds
 */
export function measureLatency(port, next, { rate, seconds = 3, connections = 32, most = Infinity }) {
  return withConnections(port, connections, async (free) => {
    const latencies = []
    const waiting = []
    const began = performance.now()
    const total = Math.min(most, Math.round(rate * seconds))
    const serve = async (connection, due) => {
      await connection.send(next())
      latencies.push(performance.now() - due)
      const later = waiting.shift()
      if (later === undefined) free.push(connection)
      else void serve(connection, later)
    }
    for (let due = 0; due < total;) {
      const now = performance.now()
      for (; due < total && began + (due * 1000) / rate <= now; due++) {
        const connection = free.pop()
        const at = began + (due * 1000) / rate
        if (connection === undefined) waiting.push(at)
        else void serve(connection, at)
      }
      await sleep(1)
    }
    const deadline = performance.now() + 10_000
    while (latencies.length < total && performance.now() < deadline) await sleep(5)
    latencies.sort((a, b) => a - b)
    const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
    return { p50: at(0.5), p99: at(0.99) }
  })
}
