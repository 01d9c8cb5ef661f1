import { describe, it } from 'vitest'
import { alertmanager } from '../../src/alerts/alertmanager'
import { deliveryKeyOf, type ReceivedRequest } from '../../src/alerts/delivery-key'
import { generic } from '../../src/alerts/generic'
import { grafana } from '../../src/alerts/grafana'
import type { AlertSource } from '../../src/alerts/source'
import { sha256Hex, utf8 } from '../../src/lib/hmac'

const text = '{"alerts":[]}'
const receivedAt = 1_767_261_600_000

const request = (changed: Partial<ReceivedRequest> = {}): ReceivedRequest => ({
  headers: new Headers(),
  bytes: utf8(text),
  body: JSON.parse(text),
  receivedAt,
  requestId: 'r1',
  ...changed,
})
const named = (key: string): Partial<ReceivedRequest> => ({
  headers: new Headers({ 'Idempotency-Key': key }),
})

describe('the key of a delivery', () => {
  it('is the hash of its bytes and a window of ten minutes', async ({ expect }) => {
    const key = await deliveryKeyOf(grafana, request())
    expect(key).toBe(`${await sha256Hex(text)}:${receivedAt / 600_000}`)
    expect(await deliveryKeyOf(grafana, request({ receivedAt: receivedAt + 599_999 }))).toBe(key)
    expect(await deliveryKeyOf(grafana, request({ receivedAt: receivedAt + 600_000 }))).not.toBe(key)
    expect(await deliveryKeyOf(grafana, request({ bytes: utf8(`${text} `) }))).not.toBe(key)
  })

  it('is named by the sender only where nothing is signed', async ({ expect }) => {
    expect(await deliveryKeyOf(alertmanager, request(named('job 7')))).toBe('key:job 7')
    expect(await deliveryKeyOf(generic, request(named('job 7')))).toBe('key:job 7')
    expect(await deliveryKeyOf(grafana, request(named('job 7')))).toBe(
      await deliveryKeyOf(grafana, request()),
    )
  })

  it('ignores a name that is empty, too long or not printable', async ({ expect }) => {
    const plain = await deliveryKeyOf(generic, request())
    expect(await deliveryKeyOf(generic, request(named('x'.repeat(128))))).toBe(`key:${'x'.repeat(128)}`)
    for (const bad of ['', 'x'.repeat(129), 'a\tb']) {
      expect(await deliveryKeyOf(generic, request(named(bad)))).toBe(plain)
    }
  })

  it("is the vendor's own id where a source has one", async ({ expect }) => {
    const vendor = (deliveryKey: AlertSource['deliveryKey']): AlertSource => ({
      ...grafana,
      deliveryKey: deliveryKey ?? (() => null),
    })
    expect(
      await deliveryKeyOf(
        vendor(() => 'msg-1'),
        request(),
      ),
    ).toBe('msg-1')
    expect(
      await deliveryKeyOf(
        vendor(() => 'x'.repeat(300)),
        request(),
      ),
    ).toBe(await sha256Hex('x'.repeat(300)))
    expect(
      await deliveryKeyOf(
        vendor(() => ''),
        request(),
      ),
    ).toBe(await deliveryKeyOf(grafana, request()))
  })

  it('has no window where a replay must never count, and is fresh where every request is an event', async ({
    expect,
  }) => {
    expect(await deliveryKeyOf({ ...grafana, deliveryIdentity: 'body' }, request())).toBe(
      await sha256Hex(text),
    )
    expect(await deliveryKeyOf({ ...grafana, deliveryIdentity: 'request' }, request())).toBe('r1')
  })
})
