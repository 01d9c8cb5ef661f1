/** A whole investigation, followed by readers who lose the connection after every single event: they miss and repeat nothing. */
import { describe, it } from 'vitest'
import { anOrg, type Org } from '../support/org'
import { readStream, type Block } from '../support/reader'
import { openSocket } from '../support/socket'
import { seedStory } from '../support/stories'

/** Reads to the end, as one connection or as one for each event; answers the texts of the events. */
type Reader = (path: string, isLast: (event: Block['data']) => boolean) => Promise<readonly string[]>

const shown = ({ id, data }: Block): string => `${id} ${JSON.stringify(data)}`

const uncut =
  (org: Org): Reader =>
  async (path, isLast) => {
    const stream = readStream(await org.fetch(path))
    const told: string[] = []
    for (;;) {
      const [event] = await stream.events(1)
      if (event === undefined) return told
      if (event.data.type !== 'connected') told.push(shown(event))
      if (isLast(event.data)) return stream.close().then(() => told)
    }
  }

const cutAfterEach =
  (org: Org): Reader =>
  async (path, isLast) => {
    const told: string[] = []
    let last: Record<string, string> = {}
    for (;;) {
      const stream = readStream(await org.fetch(path, { headers: last }))
      const events = await stream.events(1)
      // Each connection begins with `connected`, which is no event of the incident.
      if (events[0]?.data.type === 'connected') events.push(...(await stream.events(1)))
      await stream.close()
      const event = events.at(-1)
      if (event === undefined) return told
      told.push(shown(event))
      last = { 'last-event-id': event.id ?? '' }
      if (isLast(event.data)) return told
    }
  }

/** The frames of a session over WebSockets; `once` for one socket, else each socket is closed after one frame. */
async function framesOf(org: Org, sessionId: string, once: boolean): Promise<readonly string[]> {
  const told: string[] = []
  let seen = 0
  for (;;) {
    const socket = await openSocket(org)
    socket.send({ type: 'resume', session_id: sessionId, after_seq: seen })
    const wanted = once ? await socket.status('END') : await socket.find(({ seq }) => seq !== undefined)
    const frames = once ? socket.numbered() : [wanted]
    socket.close()
    for (const frame of frames) {
      told.push(`${frame.seq} ${JSON.stringify(frame)}`)
      seen = frame.seq
    }
    if (frames.at(-1)?.data.status === 'END') return told
  }
}

describe('an investigation whose readers are cut off after every event', () => {
  it('tells them the same as those who stay, by events of the incident', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const { streamCursor } = (await org.get(`/api/incidents/${id}`)).body.incident
    const path = `/api/incidents/${id}/stream?after=${streamCursor}`
    const wholeOrg = `/api/incidents/stream?after=${streamCursor}`
    const isLast = ({ reason }: Block['data']) => reason === 'analysis_finished'
    const reading = Promise.all(
      [uncut(org), cutAfterEach(org)].flatMap((read) => [read(path, isLast), read(wholeOrg, isLast)]),
    )
    expect((await org.post(`/api/incidents/${id}/investigate`, {})).status).toBe(202)
    const [events = [], wide = [], cutEvents, cutWide] = await reading
    expect(cutEvents).toEqual(events)
    expect(cutWide).toEqual(wide)
    expect(events.length).toBeGreaterThan(8)
    expect(wide.length).toBeGreaterThanOrEqual(2)
  })

  it('tells them the same as those who stay, by the frames of its thread, on both transports', async ({
    expect,
  }) => {
    const org = await anOrg()
    const { id, sessionId } = await seedStory(org.orgId)
    const path = `/chat_api/sessions/${sessionId}/stream?after_seq=0`
    const isLast = ({ data }: Block['data']) => data.status === 'END'
    expect((await org.post(`/api/incidents/${id}/investigate`, {})).status).toBe(202)
    const [stream, cutStream, socket, cutSocket] = await Promise.all([
      uncut(org)(path, isLast),
      cutAfterEach(org)(path, isLast),
      framesOf(org, sessionId, true),
      framesOf(org, sessionId, false),
    ])
    expect(stream.length).toBeGreaterThan(5)
    expect(cutStream).toEqual(stream)
    expect(socket).toEqual(stream)
    expect(cutSocket).toEqual(stream)
  })
})
