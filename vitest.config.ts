import { accessSync, constants, statfsSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineConfig } from 'vitest/config'

const MEMORY = '/dev/shm'
const ROOM = 512 * 1024 * 1024

// The databases of the tests are thousands of small files: in memory, where there is some, they cost half the time.
if (hasRoomInMemory()) process.env['TMPDIR'] = MEMORY
// Room for a file's garbage: collecting it often takes a fifth of the time.
process.env['MINIFLARE_WORKERD_V8_FLAGS'] ??= '--min-semi-space-size=64 --initial-heap-size=2048'

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        outboundService: () => new Response('no test reaches the network', { status: 599 }),
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
          JWT_SECRET: 'a test secret that is longer than thirty-two bytes',
          CONNECTOR_MASTER_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
          BCRYPT_COST: '4',
          // A developer's `.dev.vars` is read as well: its placeholders are none of these tests' business.
          GOOGLE_CLIENT_ID: '',
          GOOGLE_CLIENT_SECRET: '',
        },
      },
    })),
  ],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/support/setup.ts'],
    isolate: false,
    maxWorkers: 2,
    testTimeout: 15_000,
    silent: 'passed-only',
    coverage: { provider: 'istanbul', include: ['src/**/*.ts'] },
  },
})

function hasRoomInMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > ROOM
  } catch {
    return false
  }
}
