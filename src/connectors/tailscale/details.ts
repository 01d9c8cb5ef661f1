import * as z from 'zod'

export const API = 'https://api.tailscale.com/api/v2'

/** What using the secret needs. */
export const settings = z.object({ clientId: z.string(), tailnet: z.string() })

/** What status may show. */
export const details = settings.extend({ tailnetName: z.string(), deviceCount: z.int() })

export type Details = z.infer<typeof details>

/** The tailnet's address; `-` is the one that the client belongs to. */
export const tailnetUrl = ({ tailnet }: Pick<Details, 'tailnet'>): string =>
  `${API}/tailnet/${encodeURIComponent(tailnet)}`
