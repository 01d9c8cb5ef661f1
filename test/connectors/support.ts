/** Connecting providers in tests, and looking for what must not be found. */
import { env } from 'cloudflare:workers'
import { getTableName, is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { vi } from 'vitest'
import * as schema from '../../drizzle/schema'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { UNLIMITED } from '../support/routes'
import type { Fake } from './fakes/fake'

export const variablesOf = (fake: Fake): Partial<Env> => ({
  ...UNLIMITED,
  ...fake.variables,
  ...fake.oauth?.variables,
})

/** A fresh organisation on a deployment that has what this provider needs. */
export async function anOrgFor(fake: Fake) {
  const org = await anOrg()
  await fake.prepare?.(org)
  return { org, client: apiWith(variablesOf(fake), bearer(org.token)) }
}

export type Client = ReturnType<typeof apiWith>

/** Connects as a person would: with the form, or through the login in one browser. Answers the status of the last answer. */
export async function connect(fake: Fake, client: Client): Promise<number> {
  const base = `/api/connectors/${fake.id}`
  if (fake.form !== null) return (await client.post(`${base}/connect`, fake.form.good)).status
  const { callback, cookie } = await beginAndConsent(fake, client)
  const back = await apiWith(variablesOf(fake)).get(callback, { cookie })
  const outcome = new URL(back.headers.get('location') ?? 'http://nowhere.test').searchParams.get('result')
  return outcome === 'connected' ? 200 : 500
}

/** Begins a login and consents; answers where the vendor sends the browser, and the browser's cookie. */
export async function beginAndConsent(fake: Fake, client: Client, body: object = {}) {
  const begun = await client.post(`/api/connectors/${fake.id}/authorize`, body)
  if (begun.status !== 200) throw new Error(`no login: ${begun.text}`)
  const authorize = new URL(begun.body.authorization_url)
  const code = fake.oauth?.consent(authorize) ?? ''
  const state = authorize.searchParams.get('state') ?? ''
  const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const search = new URLSearchParams({ code, state })
  return {
    authorize,
    code,
    state,
    cookie,
    callback: `/api/connectors/${fake.id}/callback?${search.toString()}`,
  }
}

/** How a call was refused. */
export const errorOf = ({ status, body }: { status: number; body: { code: string; error: string } }) => [
  status,
  body.code,
  body.error,
]

/** Everything that is logged from here on. */
export function captureLogs(): string[] {
  const lines: string[] = []
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation(
      (...parts: unknown[]) => void lines.push(parts.map(String).join(' ')),
    )
  return lines
}

/** Every row of every table, as text. */
export async function databaseText(): Promise<string> {
  const names = Object.values(schema)
    .filter((value) => is(value, SQLiteTable))
    .map(getTableName)
  const results = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT * FROM ${name}`)))
  return JSON.stringify(results.map(({ results }) => results))
}

/** The secrets that this text holds, plain or in the usual disguises. */
export function leaksIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) =>
    [
      secret,
      btoa(secret),
      btoa(secret).replace(/=+$/, ''),
      encodeURIComponent(secret),
      new TextEncoder().encode(secret).toHex(),
    ].some((disguise) => text.includes(disguise)),
  )
}

/** The live connection of a provider, as stored. */
export async function storedConnection(org: Pick<Org, 'orgId'>, provider: string) {
  const row = await env.DB.prepare(
    'SELECT c.id, c.status, c.status_reason, c.secret_version, s.ciphertext, s.kid, s.wrapped_dek FROM connections c LEFT JOIN connection_secrets s ON s.connection_id = c.id WHERE c.org_id = ? AND c.provider = ? ORDER BY c.updated_at DESC',
  )
    .bind(org.orgId, provider)
    .first<{
      id: string
      status: string
      status_reason: string | null
      secret_version: number
      ciphertext: string | null
      kid: string | null
      wrapped_dek: string | null
    }>()
  return row
}
