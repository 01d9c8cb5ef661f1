/** The deployment's variables, by name, as far as connectors look at them. */
export type Settings = Readonly<Record<string, string | undefined>>

/** Whether a client id is the stand-in that the start script writes: logins begin with it and end at the vendor. */
export const isPlaceholder = (clientId: string): boolean => clientId.startsWith('placeholder')

/** The variable's text, trimmed; null when it is absent or blank. */
export const settingOf = (settings: Settings, name: string): string | null => settings[name]?.trim() || null
