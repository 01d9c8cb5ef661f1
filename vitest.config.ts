import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineConfig } from 'vitest/config'

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
