/* oxlint-disable typescript/no-floating-promises -- what describe and it return is awaited by the test runner */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainError, plainLines, workerLine } from '../../scripts/lib/output.mjs'
import { workerSettings } from '../../scripts/lib/settings.mjs'

describe('the environment of npm start', () => {
  it('hands settings of the Worker on, and nothing else', () => {
    const settings = {
      FRONTEND_URL: 'http://localhost:3000',
      TRUST_USER_ID_HEADER: 'true',
      BCRYPT_COST: '4',
      RATE_LIMIT_CHAT_PER_MINUTE: '7',
      LLM_BASE_URL: 'http://127.0.0.1:11434/v1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      GITHUB_APP_ID: '1',
      OVH_EU_CLIENT_ID: 'eu',
      GOOGLE_CHAT_SERVICE_ACCOUNT_KEY: '{}',
    }
    const strangers = {
      PATH: '/bin',
      PORT: '5080',
      AURORA_STATE: 'state',
      LLMS: 'no',
      MY_BCRYPT_COST: '1',
      AWS_SESSION_TOKEN: 'of the shell',
      AWS_PROFILE: 'mine',
      GITHUB_TOKEN: 'of the shell',
    }
    assert.deepEqual(workerSettings({ ...strangers, ...settings }), settings)
  })
})

describe('what wrangler says', () => {
  const said = `\u001b[33m▲ [WARNING] Scheduled Workers are not triggered\u001b[0m

✘ [ERROR] Build failed with 1 error:

    src/index.ts:1:39
    at parse (/somewhere/cli.js:1:2)
🪵  Logs were written to "/somewhere"
▲ [WARNING] another one
`

  it('is shown as the error alone, without warnings, stack traces and log files', () => {
    assert.equal(plainError(said), 'Build failed with 1 error:\n    src/index.ts:1:39')
  })

  it('is shown by its last lines when no line is an error', () => {
    assert.equal(plainError('first\n\nsecond\n'), 'first\nsecond')
  })

  it('loses the frame around a line of the Worker', () => {
    assert.deepEqual(plainLines('✘ [ERROR] {"level":"error"}\n\n').map(workerLine), ['{"level":"error"}'])
  })
})
