import { describe, it } from 'vitest'
import guide from '../../docs/connectors.md?raw'
import readme from '../../README.md?raw'
import { vendorCtx } from '../../src/services/connectors/ports'
import { deploymentOf } from './deployment'
import { pulse } from './example/pulse'
// oxlint-disable-next-line import/default -- the linter looks past `?raw`, which makes the file a text
import pulseSource from './example/pulse.ts?raw'
import { statusboard } from './example/statusboard'
// oxlint-disable-next-line import/default -- the linter looks past `?raw`, which makes the file a text
import source from './example/statusboard.ts?raw'

const KEY = 'statusboard-key'

const vendor: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  if (request.headers.get('authorization') !== `Bearer ${KEY}`) return Response.json({}, { status: 401 })
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === '/v1/team') return Response.json({ id: 't1', name: 'Team' })
  return Response.json({ incidents: [], since: searchParams.get('since') })
}

const { ports } = deploymentOf(statusboard, vendor)

const prove = async (apiKey: string) => {
  const form = statusboard.readForm({ apiKey }, [])
  if (form.kind !== 'credential') throw new Error('the form was refused')
  return form.prove(vendorCtx(ports, statusboard))
}

/** The code of a provider as a document shows it. */
const shownIn = (document: string, id: string): string =>
  new RegExp(`\`\`\`ts\\n// src/connectors/${id}/index\\.ts\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? ''
const inPlace = (code: string): string =>
  code.replaceAll('../../../src/connectors/', '../').replaceAll('../../../src/lib/', '../../lib/')

describe('the example of the README', () => {
  const answering =
    (status: number): typeof fetch =>
    async (input, init) => {
      const asked = new Request(input, init)
      const known = asked.headers.get('authorization') === `Bearer ${KEY}`
      return Response.json({ id: 'a1', name: 'Acme' }, { status: known ? status : 401 })
    }
  const proveAt = async (http: typeof fetch, apiKey: string) => {
    const form = pulse.readForm({ apiKey }, [])
    if (form.kind !== 'credential') throw new Error('the form was refused')
    return form.prove(vendorCtx(deploymentOf(pulse, http).ports, pulse))
  }

  it('is the code that is tested here, and a whole provider', async ({ expect }) => {
    expect(shownIn(readme, 'pulse')).toBe(inPlace(pulseSource))
    expect(await proveAt(answering(200), KEY)).toMatchObject({
      kind: 'ok',
      value: { accountId: 'a1', details: { account: 'Acme' } },
    })
    expect(await proveAt(answering(200), 'another')).toEqual({ kind: 'credential_refused' })
    expect(await proveAt(answering(500), KEY)).toEqual({ kind: 'vendor_error' })
  })
})

describe('the example of the guide', () => {
  it('is the code that is tested here, but for the paths of its imports', ({ expect }) => {
    expect(shownIn(guide, 'statusboard')).toBe(inPlace(source))
  })

  it('connects a good key and refuses a bad one', async ({ expect }) => {
    expect(await prove(KEY)).toMatchObject({
      kind: 'ok',
      value: { accountId: 't1', details: { team: 'Team' } },
    })
    expect(await prove('another')).toEqual({ kind: 'credential_refused' })
    expect(statusboard.readForm({}, [])).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'apiKey', message: 'apiKey is required' }],
    })
  })

  it('answers its operation, and refuses arguments that do not fit before anything is sent', async ({
    expect,
  }) => {
    const [list] = statusboard.operations
    const opened = statusboard.open({ apiKey: KEY }, { team: 'Team' })
    const access = opened?.staticAccess
    if (list === undefined || access == null) throw new Error('nothing to ask')
    const ask = (args: unknown) => list.run(vendorCtx(ports, statusboard), access, { team: 'Team' }, args)
    const since = '2026-01-01T00:00:00Z'
    expect(await ask({ since })).toMatchObject({ kind: 'ok', value: { status: 200, data: { since } } })
    expect(await ask({ since, host: 'evil.example' })).toMatchObject({ kind: 'invalid_arguments' })
  })
})
