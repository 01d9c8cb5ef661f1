import type * as z from 'zod'

/**
 * Any schema with this output, for parameters. `z.ZodType` would do, but for each schema given the compiler then spells
 * out zod's hundred methods to compare them; the core of a schema has none.
 */
export type Schema<T = unknown> = z.core.$ZodType<T>
