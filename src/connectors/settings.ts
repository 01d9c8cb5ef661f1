/** The deployment's variables, by name, as far as connectors look at them. */
export type Settings = Readonly<Record<string, string | undefined>>

/** The variable's text, trimmed; null when it is absent or blank. */
export const settingOf = (settings: Settings, name: string): string | null => settings[name]?.trim() || null
