import { createServer } from 'node:net'

/** A loopback port that was free a moment ago. */
export async function freePort() {
  const { port } = await listen(0)
  return port
}

/** Why the port cannot be used (`EADDRINUSE`, `EACCES`), or null. */
export async function portProblem(port) {
  return (await listen(port)).problem
}

function listen(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ port, problem: error.code ?? error.message }))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const bound = server.address().port
      server.close(() => resolve({ port: bound, problem: null }))
    })
  })
}
