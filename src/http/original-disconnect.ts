/** The end of a provider's connections, on a path of the original product. */
import type { Connector } from '../connectors/connector'
import type { OriginalPaths } from '../connectors/facts'
import type { Schema } from '../lib/schema'
import { disconnect } from '../services/connectors/disconnect'
import { disconnectAnswer, showDisconnected } from './answers/connectors'
import { endpoint, SMALL } from './connector-endpoint'
import type { AppContext } from './env'
import { connectorPorts } from './middleware/tenant'

export const disconnectEndpoint = ({ name }: Connector, answer: Schema = disconnectAnswer) =>
  endpoint({
    summary: `Disconnect ${name}`,
    who: 'editor',
    bucket: 'default',
    alsoCounts: 'disconnect',
    maxBodyBytes: SMALL,
    answers: { 200: answer },
  })

/** @param say what the answer says besides */
export const disconnectAll =
  (connector: Connector, say: OriginalPaths['disconnected'] = () => ({})) =>
  async (c: AppContext): Promise<Response> => {
    const ended = await disconnect(c.var.ctx, connectorPorts(c), connector, null)
    return c.json({ ...showDisconnected(ended), ...say(ended.disconnected.length, ended.wasKnown) })
  }
