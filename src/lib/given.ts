/** What a patch names: its members without those that are undefined. */
export const given = <T>(patch: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
