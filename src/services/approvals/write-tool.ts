/** What a tool that writes is: strict arguments, a risk that code decides, and one call that nothing here repeats. */
import * as z from 'zod'
import type { Access } from '../../connectors/access'
import type { Connector } from '../../connectors/connector'
import type { Outcome } from '../../connectors/outcome'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import type { Schema } from '../../lib/schema'
import type { ConnectionRow } from '../../store/connection-rows'
import { accountOf } from '../connectors/ask-account'
import { withAccess } from '../connectors/call'
import type { Ports } from '../connectors/ports'
import { notConnected, refusalError } from '../connectors/refusal'
import type { Ctx } from '../context'

type Risk = 'low' | 'medium' | 'high'
type Result = Readonly<Record<string, unknown>>

/** Arguments are handed on as they were checked; `id` is that of the approval, the same whatever happens. */
export interface WriteTool {
  readonly name: string
  readonly connector: Connector
  readonly description: string
  readonly input: Schema
  readonly riskOf: (args: unknown) => Risk
  /** @throws AppError not_connected, vendor refusals */
  readonly carryOut: (ctx: Ctx, ports: Ports, args: unknown, id: string) => Promise<Result>
}

interface Definition<I> {
  readonly name: string
  readonly connector: Connector
  readonly description: string
  readonly input: Schema<I>
  readonly risk: Risk | ((input: I) => Risk)
  readonly carryOut: (ctx: Ctx, ports: Ports, input: I, id: string) => Promise<Result>
}

export const writeTool = <I>({ risk, ...definition }: Definition<I>): WriteTool => ({
  ...definition,
  riskOf: (args) => (typeof risk === 'string' ? risk : risk(z.parse(definition.input, args))),
  carryOut: (ctx, ports, args, id) => definition.carryOut(ctx, ports, z.parse(definition.input, args), id),
})

/** One call through the organisation's connection, with the right to write. @throws AppError not_connected, vendor refusals */
export async function writeAt<T>(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  work: (vendor: VendorCtx, access: Access, row: ConnectionRow) => Promise<Outcome<T>>,
): Promise<T> {
  const row = await accountOf(ctx, connector, 'uniform')
  const done = await withAccess(
    ctx.db,
    ports,
    connector,
    row,
    (vendor, access) => work(vendor, access, row),
    { mode: 'write' },
  )
  if (done.kind === 'not_connected') throw notConnected(connector)
  if (done.kind !== 'ok') throw refusalError(connector, done)
  return done.value
}
