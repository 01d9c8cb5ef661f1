import { describe, it } from 'vitest'
import { kidOf, open, rewrap, seal } from '../../src/lib/seal'
import { mastersFrom, type Masters, readMasters } from '../../src/lib/seal-masters'

const FIRST = new Uint8Array(32).fill(1).toBase64()
const SECOND = new Uint8Array(32).fill(2).toBase64()
const AAD = 'org|github|connection|credential|1'
const DAMAGED = { ok: false, reason: 'damaged' }

async function masters(current: string, previous?: string): Promise<Masters> {
  const read = await readMasters({ CONNECTOR_MASTER_KEY: current, CONNECTOR_MASTER_KEY_PREVIOUS: previous })
  if (!read.ok) throw new Error(read.problem)
  return read.masters
}

describe('a sealed secret', () => {
  it('opens in its own place and shows nothing of itself', async ({ expect }) => {
    const keys = await masters(FIRST)
    for (const plaintext of ['{"token":"s3cret"}', '', 'żółw 🐢', '\uFEFFmark']) {
      const sealed = await seal(keys, AAD, plaintext)
      expect(await open(keys, AAD, sealed)).toEqual({ ok: true, plaintext })
    }
    const sealed = await seal(keys, AAD, 's3cret')
    expect(sealed).not.toContain('s3cret')
    expect(await seal(keys, AAD, 's3cret')).not.toBe(sealed)
  })

  it('does not open in another row, tenant, purpose or version', async ({ expect }) => {
    const keys = await masters(FIRST)
    const sealed = await seal(keys, AAD, 's3cret')
    for (const aad of [
      '',
      `${AAD}0`,
      AAD.replace('org', 'other'),
      AAD.replace('credential', 'ssh_private_key'),
    ]) {
      expect(await open(keys, aad, sealed)).toEqual(DAMAGED)
      expect(await rewrap(keys, aad, sealed)).toEqual(DAMAGED)
    }
  })

  it('does not open when any single character was changed, added or lost', async ({ expect }) => {
    const keys = await masters(FIRST)
    const sealed = await seal(keys, AAD, 's3cret')
    for (let i = 0; i < sealed.length; i++) {
      const swapped = sealed[i] === 'A' ? 'B' : 'A'
      expect(
        (await open(keys, AAD, sealed.slice(0, i) + swapped + sealed.slice(i + 1))).ok,
        `changed ${i}`,
      ).toBe(false)
      expect((await open(keys, AAD, sealed.slice(0, i) + sealed.slice(i + 1))).ok, `lost ${i}`).toBe(false)
      expect((await open(keys, AAD, `${sealed.slice(0, i)} ${sealed.slice(i)}`)).ok, `added ${i}`).toBe(false)
    }
    for (const text of [
      '',
      'v1',
      'v1....',
      `${sealed}.`,
      `${sealed}.AAAA`,
      sealed.replace('v1', 'v2'),
      '{"v":1}',
    ])
      expect(await open(keys, AAD, text), text).toEqual(DAMAGED)
  })

  it('does not open with the layers of two secrets mixed', async ({ expect }) => {
    const keys = await masters(FIRST)
    const one = (await seal(keys, AAD, 'one')).split('.')
    const two = (await seal(keys, AAD, 'two')).split('.')
    expect(await open(keys, AAD, [...one.slice(0, 4), ...two.slice(4)].join('.'))).toEqual(DAMAGED)
  })

  it('outlives the rotation of the master, and its ciphertext stays as it was', async ({ expect }) => {
    const sealed = await seal(await masters(FIRST), AAD, 's3cret')
    const rotated = await masters(SECOND, FIRST)
    expect(await open(rotated, AAD, sealed)).toEqual({ ok: true, plaintext: 's3cret' })
    expect(await open(await masters(SECOND), AAD, sealed)).toEqual({ ok: false, reason: 'unknown_key' })
    expect(await rewrap(await masters(SECOND), AAD, sealed)).toEqual({ ok: false, reason: 'unknown_key' })

    const moved = await rewrap(rotated, AAD, sealed)
    if (!moved.ok) throw new Error(moved.reason)
    expect(kidOf(moved.sealed)).toBe(rotated.current.kid)
    expect(moved.sealed.split('.').slice(4)).toEqual(sealed.split('.').slice(4))
    expect(await open(await masters(SECOND), AAD, moved.sealed)).toEqual({ ok: true, plaintext: 's3cret' })
  })

  it('names its master by the start of the digest', async ({ expect }) => {
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(32).fill(1))
    const kid = new Uint8Array(digest).toHex().slice(0, 8)
    expect(kidOf(await seal(await masters(FIRST), AAD, 'x'))).toBe(kid)
    expect(kidOf('no sealed text')).toBeNull()
  })
})

describe('a master key', () => {
  it('is refused with a sentence that names the variable', async ({ expect }) => {
    expect(await readMasters({})).toEqual({ ok: false, problem: 'CONNECTOR_MASTER_KEY is not set' })
    for (const bad of ['short', 'not base64!', new Uint8Array(31).toBase64(), new Uint8Array(33).toBase64()])
      expect(await readMasters({ CONNECTOR_MASTER_KEY: bad })).toEqual({
        ok: false,
        problem: 'CONNECTOR_MASTER_KEY is not base64 of 32 bytes',
      })
    expect(await readMasters({ CONNECTOR_MASTER_KEY: FIRST, CONNECTOR_MASTER_KEY_PREVIOUS: 'x' })).toEqual({
      ok: false,
      problem: 'CONNECTOR_MASTER_KEY_PREVIOUS is not base64 of 32 bytes',
    })
  })
})

describe('masters made of other secrets', () => {
  it('open what the secret sealed for the same purpose, also after a rotation', async ({ expect }) => {
    const of = async (secrets: readonly string[], purpose = 'answers') => {
      const made = await mastersFrom(secrets, purpose)
      if (made === null) throw new Error('no masters')
      return made
    }
    const sealed = await seal(await of(['first']), AAD, 'plain')
    expect(await open(await of(['first']), AAD, sealed)).toEqual({ ok: true, plaintext: 'plain' })
    expect(await open(await of(['second', 'first']), AAD, sealed)).toEqual({ ok: true, plaintext: 'plain' })
    expect(await open(await of(['second']), AAD, sealed)).toMatchObject({ ok: false, reason: 'unknown_key' })
    expect(await open(await of(['first'], 'else'), AAD, sealed)).toMatchObject({ reason: 'unknown_key' })
    expect(await mastersFrom([], 'answers')).toBeNull()
  })
})
