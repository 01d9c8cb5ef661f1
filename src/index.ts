import { app } from './app'

export { Gate } from './objects/gate'
export { Correlator } from './objects/correlator'
export { ChatRoom } from './objects/chat-room'
export { OrgFeed } from './objects/org-feed'
export { Sweeper } from './objects/sweeper'

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env>
