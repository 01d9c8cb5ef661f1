import { describe, it, vi } from 'vitest'
import { roomAddress } from '../../src/objects/subscribers'
import { readSocket } from '../support/reader'
import { aRoom } from '../support/room'

type Room = ReturnType<typeof aRoom>

const join = async (room: Room, after: string | null = null) => {
  const reader = readSocket(await room.fetch(roomAddress({ userId: 'u', after })))
  await reader.started()
  return reader
}

describe('the readers of a room', () => {
  it('get what was said since their cursor and go on live, without a gap', async ({ expect }) => {
    const room = aRoom()
    await room.say(room.frames.accepted(1), room.frames.chunk('a'), room.frames.chunk('b'))
    const reader = await join(room, '1')
    await room.say(room.frames.chunk('c'))
    await reader.received(3)
    expect(reader.ids()).toEqual([2, 3, 4])
    expect(reader.start()).toEqual({ cursor: '1', resync: false, running: true })
    expect(reader.messages.map(({ kind }) => kind)).toEqual(['start', 'event', 'event', 'caught-up', 'event'])
  })

  it('without a cursor get the run at work from its start', async ({ expect }) => {
    const room = aRoom()
    await room.say(room.frames.accepted(1), room.frames.chunk('a'))
    const reader = await join(room)
    await reader.received(2)
    expect(reader.ids()).toEqual([1, 2])
  })

  it('without a cursor and a run get only what comes', async ({ expect }) => {
    const room = aRoom()
    await room.say(room.frames.accepted(1), room.frames.end('completed'))
    const reader = await join(room)
    await room.say(room.frames.usage(0.2))
    await reader.received(1)
    expect(reader.ids()).toEqual([3])
    expect(reader.start()).toEqual({ cursor: '2', resync: false, running: false })
  })

  it('with a cursor that is not of this room are told to read it anew', async ({ expect }) => {
    const room = aRoom()
    await room.say(room.frames.accepted(1))
    const readers = await Promise.all(['2', 'x', '-1', ''].map((cursor) => join(room, cursor)))
    await room.say(room.frames.chunk('a'))
    for (const reader of readers) {
      await reader.received(1)
      expect(reader.start()).toEqual({ cursor: '1', resync: true, running: true })
      expect(reader.ids()).toEqual([2])
    }
  })

  it('all see the same frames with the same numbers, whenever they came and though the room slept', async ({
    expect,
  }) => {
    const room = aRoom()
    const first = await join(room, '0')
    await room.say(room.frames.accepted(1), room.frames.chunk('a'))
    await room.evict()
    const second = await join(room, '0')
    await room.say(room.frames.chunk('b'))
    await room.evict()
    await room.say(room.frames.end('completed'))
    await Promise.all([first.received(4), second.received(4)])
    expect(first.events()).toEqual(second.events())
    expect(first.ids()).toEqual([1, 2, 3, 4])
  })

  it('leave without a trace, and one who left does not disturb the others', async ({ expect }) => {
    const room = aRoom()
    const [first, second] = [await join(room), await join(room)]
    first.socket.close(1000)
    await room.say(room.frames.accepted(1))
    await second.received(1)
    await vi.waitUntil(() => room.inRoom((_, subscribers) => subscribers.size === 1))
    expect(second.ids()).toEqual([1])
  })

  it('that fell behind what is kept are sent away, to ask again', async ({ expect }) => {
    const room = aRoom()
    const reader = await join(room, '0')
    await room.inRoom((log, subscribers) => {
      log.append([room.frames.accepted(1), room.frames.end('completed')], 0)
      log.prune(Date.now())
      subscribers.publish()
    })
    await reader.ended()
    expect(reader.closedWith()).toBe(1012)
  })

  it('come through a socket or not at all', async ({ expect }) => {
    const answer = await aRoom().inRoom(
      (_, subscribers) => subscribers.accept(new Request('https://room/')).status,
    )
    expect(answer).toBe(426)
  })
})
