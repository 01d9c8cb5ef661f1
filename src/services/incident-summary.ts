interface Summaries {
  readonly alertSummary: string
  readonly runSummary: string | null
  readonly manualSummary: string | null
}

/** A person's text until a later run finishes (which clears it), else the run's, else the sentence made at opening. */
export const shownSummary = ({ manualSummary, runSummary, alertSummary }: Summaries): string =>
  manualSummary ?? runSummary ?? alertSummary

/** The sentence that an incident starts with. */
export const openingSummary = (title: string, service: string | null): string =>
  service === null ? `Investigating ${title}...` : `Investigating ${title} on ${service}...`
