/** What became of a command that was sent to the agent of a cluster. */
export type AgentReply =
  | {
      readonly kind: 'answer'
      readonly success: boolean
      readonly output: string
      readonly error: string | null
      readonly returnCode: number
      /** Whether the output was cut. */
      readonly truncated: boolean
    }
  /** No agent is there, or it has not been heard of for too long. */
  | { readonly kind: 'no_agent' }
  /** It went away before it answered. */
  | { readonly kind: 'agent_gone' }
  | { readonly kind: 'timeout' }
  /** Too many commands wait already. */
  | { readonly kind: 'busy' }
