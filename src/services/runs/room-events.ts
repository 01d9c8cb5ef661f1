/** What a run tells the people who follow its thread live. The room turns these into numbered frames. */
export type RoomEvent =
  | { readonly kind: 'accepted'; readonly messageNumber: number }
  /** The text of an unfinished step is void. */
  | { readonly kind: 'restarted'; readonly messageNumber: number }
  | { readonly kind: 'text'; readonly delta: string }
  | {
      readonly kind: 'whole_text'
      readonly text: string
      readonly error?: 'model_unavailable' | 'timeout' | 'internal'
    }
  | {
      readonly kind: 'tool_call'
      readonly id: string
      readonly tool: string
      readonly input: string
      readonly at: number
    }
  | {
      readonly kind: 'tool_result'
      readonly id: string
      readonly tool: string
      readonly output: string
      readonly failed: boolean
      readonly at: number
    }
  /** What the run's calls of language models cost so far, US dollars. */
  | { readonly kind: 'usage'; readonly totalCost: number }
  | { readonly kind: 'end'; readonly outcome: 'completed' | 'failed' | 'timeout' | 'cancelled' }

/** The live side of a thread, as a run sees it. */
export interface Room {
  /** Numbers, stores and sends these; answers the newest number. */
  readonly tell: (events: readonly RoomEvent[]) => number
  readonly lastSeq: () => number
}
