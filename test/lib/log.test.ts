import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { describe, it } from 'vitest'
import { describeError } from '../../src/lib/log'
import { openDatabase } from '../../src/store/db'

describe('an error in the log', () => {
  it('says what the database said, never the statement or its parameters', async ({ expect }) => {
    const failed = openDatabase(env.DB).all(
      sql`SELECT * FROM no_such_table WHERE token = ${'a secret token'}`,
    )
    const error: unknown = await failed.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(String(error)).toContain('a secret token')
    expect(describeError(error)).toContain('no such table')
    expect(describeError(error)).not.toContain('a secret token')
  })

  it('is its message, or its text when it is no error', ({ expect }) => {
    expect(describeError(new Error('gone'))).toBe('gone')
    expect(describeError('gone')).toBe('gone')
  })
})
