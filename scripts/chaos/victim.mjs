// The server that is killed: the real bundle, whose whole internet is the process that started it.
import { startMiniflare } from '../lib/server.mjs'

const { prepared, port, vars, world } = JSON.parse(process.env.AURORA_VICTIM)
process.once('disconnect', () => process.exit())

async function askTheWorld(request) {
  const { host, pathname, search } = new URL(request.url)
  const answer = await fetch(`${world}${pathname}${search}`, {
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), 'x-world-host': host },
    ...(request.method === 'POST' && { body: await request.text() }),
    signal: request.signal,
  })
  const type = answer.headers.get('content-type') ?? 'text/plain'
  return new Response(answer.body, { status: answer.status, headers: { 'content-type': type } })
}

await startMiniflare({ prepared, port, vars, outbound: askTheWorld })
process.send('ready')
