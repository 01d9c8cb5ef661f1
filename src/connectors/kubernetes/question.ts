/** What a cluster is asked, before it is known whether its API or its agent will be asked. */
import type { OperationOutcome, Vendor } from '../operation'
import type { KindName } from './kinds'

export type Question =
  | {
      readonly ask: 'list'
      readonly kind: KindName
      /** Null: all namespaces, or a kind without them. */
      readonly namespace: string | null
      readonly labelSelector?: string | undefined
      readonly fieldSelector?: string | undefined
    }
  | {
      readonly ask: 'get'
      readonly kind: KindName
      readonly namespace: string | null
      readonly name: string
    }
  | {
      readonly ask: 'logs'
      readonly namespace: string
      readonly pod: string
      readonly container?: string | undefined
      readonly tailLines: number
      readonly sinceSeconds: number
      readonly previous: boolean
    }
  /** Use of CPU and memory now. */
  | {
      readonly ask: 'top'
      readonly of: 'pods' | 'nodes'
      readonly namespace: string | null
      readonly labelSelector?: string | undefined
    }

/** Asks a cluster; answers objects as they are. */
export type AskCluster<M> = (vendor: Vendor<M>, question: Question) => Promise<OperationOutcome>
