/** The rate-limit buckets as data: which windows each has, which variable sets them, and which survive an eviction. */
import { HOUR, MINUTE } from './time'

/** One sliding window to be counted in: `bucket` names it inside its gate. */
export interface LimitWindow {
  readonly bucket: string
  /** Requests admitted in any span of `spanMs`. */
  readonly limit: number
  readonly spanMs: number
  /** Whether every admission is stored, so that an evicted gate forgets none. */
  readonly durable: boolean
}

type LimitVariable = Extract<keyof Env, `RATE_LIMIT_${string}`>

/** The variables that hold limits; each absent, or any text. */
export type LimitSettings = { readonly [name in LimitVariable]?: string | undefined }

interface WindowRule {
  /** Null where the figure is fixed. */
  readonly variable: LimitVariable | null
  readonly limit: number
  readonly spanMs: number
}

interface BucketRule {
  readonly durable: boolean
  readonly windows: readonly WindowRule[]
}

const rule = (variable: LimitVariable | null, limit: number, spanMs: number): WindowRule => ({
  variable,
  limit,
  spanMs,
})

const BUCKETS = {
  default: { durable: false, windows: [rule('RATE_LIMIT_DEFAULT_PER_MINUTE', 100, MINUTE)] },
  chat: { durable: false, windows: [rule('RATE_LIMIT_CHAT_PER_MINUTE', 20, MINUTE)] },
  poll: { durable: false, windows: [rule('RATE_LIMIT_POLL_PER_MINUTE', 300, MINUTE)] },
  login: {
    durable: true,
    windows: [rule('RATE_LIMIT_LOGIN_PER_MINUTE', 5, MINUTE), rule('RATE_LIMIT_LOGIN_PER_HOUR', 20, HOUR)],
  },
  'login-ip': { durable: true, windows: [rule('RATE_LIMIT_LOGIN_IP_PER_MINUTE', 20, MINUTE)] },
  'register-ip': {
    durable: true,
    windows: [
      rule('RATE_LIMIT_REGISTER_PER_MINUTE', 10, MINUTE),
      rule('RATE_LIMIT_REGISTER_PER_HOUR', 50, HOUR),
    ],
  },
  'register-email': { durable: true, windows: [rule('RATE_LIMIT_REGISTER_EMAIL_PER_HOUR', 10, HOUR)] },
  password: { durable: true, windows: [rule('RATE_LIMIT_PASSWORD_PER_MINUTE', 5, MINUTE)] },
  rca: { durable: true, windows: [rule('RATE_LIMIT_RCA_PER_5_MINUTES', 5, 5 * MINUTE)] },
  integration: { durable: false, windows: [rule(null, 6000, MINUTE)] },
  connect: { durable: true, windows: [rule(null, 10, MINUTE), rule(null, 50, HOUR)] },
  disconnect: { durable: true, windows: [rule(null, 10, MINUTE)] },
  agent_token: { durable: true, windows: [rule(null, 5, MINUTE), rule(null, 20, HOUR)] },
  'callback-ip': { durable: false, windows: [rule(null, 20, MINUTE)] },
} as const satisfies Record<string, BucketRule>

/** The buckets a request can be counted in. */
export type BucketName = keyof typeof BUCKETS

/**
 * The windows of a bucket with the configured limits; a variable that is not a positive integer counts as unset.
 * `scope` separates counters of one bucket inside one gate, such as the logins of each e-mail hash at one address.
 */
export function windowsOf(settings: LimitSettings, bucket: BucketName, scope = ''): readonly LimitWindow[] {
  const { durable, windows }: BucketRule = BUCKETS[bucket]
  return windows.map(({ variable, limit, spanMs }) => ({
    bucket: `${bucket}/${spanMs / 1000}${scope === '' ? '' : `/${scope}`}`,
    limit: (variable === null ? null : positiveInteger(settings[variable])) ?? limit,
    spanMs,
    durable,
  }))
}

/** The names of the gate objects, one per counted key. */
export const gateName = {
  user: (userId: string): string => `user:${userId}`,
  ip: (address: string): string => `ip:${address}`,
  /** By the SHA-256 of the address, in hex: names of objects show up in logs and dashboards. */
  email: (emailHash: string): string => `email:${emailHash}`,
  integration: (integrationId: string): string => `integration:${integrationId}`,
} as const

function positiveInteger(text: string | undefined): number | null {
  if (text === undefined || !/^\s*\d+\s*$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) && value > 0 ? value : null
}
