/** This machine by its names: a request that came over one of them is development. */
const NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

export const isLoopback = (hostname: string): boolean => NAMES.has(hostname)
