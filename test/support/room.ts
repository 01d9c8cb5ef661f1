/** A room's readers without its runs: the log and the sockets in an object of their own. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { newId } from '../../src/lib/ids'
import { FrameLog } from '../../src/objects/frame-log'
import { framesOf, type RunFrame } from '../../src/objects/frames'
import { Subscribers } from '../../src/objects/subscribers'

export function aRoom() {
  const stub = env.FEED.getByName(newId())
  const inRoom = <T>(use: (log: FrameLog, subscribers: Subscribers) => T | Promise<T>): Promise<T> =>
    runInDurableObject(stub, (_, state) => {
      const log = new FrameLog(state.storage)
      return use(log, new Subscribers(state, log))
    })
  return {
    inRoom,
    frames: framesOf(newId(), newId()),
    /** As the room's own `fetch` does it: the object in memory is given that `fetch` first. */
    fetch: async (url: string): Promise<Response> => {
      await runInDurableObject(stub, (instance, state) => {
        instance.fetch = async (request) =>
          new Subscribers(state, new FrameLog(state.storage)).accept(request)
      })
      return stub.fetch(url, { headers: { upgrade: 'websocket' } })
    },
    say: (...frames: readonly RunFrame[]): Promise<void> =>
      inRoom((log, subscribers) => {
        log.append(frames, Date.now())
        subscribers.publish()
      }),
    evict: () => evictDurableObject(stub),
  }
}
