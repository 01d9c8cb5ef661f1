import { sql } from 'drizzle-orm'
import { integer, text } from 'drizzle-orm/sqlite-core'
import { newId } from '../../src/lib/ids'

const nowMs = sql`(CAST(unixepoch('subsec') * 1000 AS INTEGER))`

/** UUID v7, made by us. */
export const id = () =>
  text()
    .primaryKey()
    .$defaultFn(() => newId())

/** The tenant. Every domain table has it; `TenantDb` refuses a table without it. */
export const orgId = () => text().notNull()

/** Times are INTEGER milliseconds since the epoch, UTC. */
export const time = () => integer()
export const createdAt = () => integer().notNull().default(nowMs)
export const updatedAt = () => integer().notNull().default(nowMs)

export const flag = () => integer({ mode: 'boolean' }).notNull()

/** JSON text that we wrote ourselves. */
export const json = <T>() => text({ mode: 'json' }).$type<T>()

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
