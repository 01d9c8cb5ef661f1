import { app } from './app'
import { consumeDeadIngest, consumeDeadJobs } from './jobs/dead-letters'
import { consumeIngest } from './jobs/ingest'
import { inTurn } from './jobs/ingest-pace'
import { consumeJobs } from './jobs/runs'

export { Gate } from './objects/gate'
export { Correlator } from './objects/correlator'
export { ChatRoom } from './objects/chat-room'
export { OrgFeed } from './objects/org-feed'
export { Sweeper } from './objects/sweeper'
export { UserSocket } from './objects/user-socket'
export { ConnectionBroker } from './objects/connection-broker'
export { ClusterAgent } from './objects/cluster-agent'

export default {
  fetch: app.fetch,
  async queue(batch, env) {
    switch (batch.queue.replace(/-staging$/, '')) {
      case 'aurora-ingest':
        return inTurn(batch.messages.length, () => consumeIngest(batch, env))
      case 'aurora-jobs':
        return consumeJobs(batch, env)
      case 'aurora-ingest-dead':
        return consumeDeadIngest(batch, env)
      default:
        return consumeDeadJobs(batch)
    }
  },
  async scheduled(_controller, env) {
    await env.SWEEPER.getByName('sweeper').run()
  },
} satisfies ExportedHandler<Env>
