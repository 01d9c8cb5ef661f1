/** The real bundle in wrangler's test harness, with secrets of its own. */
import { readdir, readFile } from 'node:fs/promises'
import { createTestHarness } from 'wrangler'

process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'

/** A server that does not listen yet; it has these variables and secrets besides those that every deployment needs. */
export const aServer = ({ vars = {}, secrets = {} } = {}) =>
  createTestHarness({
    workers: [
      {
        configPath: './wrangler.toml',
        vars,
        secrets: {
          JWT_SECRET: 'an end-to-end secret that is longer than thirty-two bytes',
          CONNECTOR_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
          ...secrets,
        },
      },
    ],
  })

/** Lets the server listen, with its tables made; answers its address and its bindings. */
export async function listen(server) {
  const { url } = await server.listen()
  const env = await server.getWorker().getEnv()
  const files = (await readdir('migrations')).filter((name) => name.endsWith('.sql')).toSorted()
  for (const file of files) {
    const text = await readFile(`migrations/${file}`, 'utf8')
    const statements = text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== '')
    await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
  }
  return { url, env }
}
