import type { SuggestionDraft } from '../../suggestions'
import type { ChangeMechanism, Mechanism } from '../mechanism'

/** A suggestion without what the case adds. */
export type Step = Pick<SuggestionDraft, 'type' | 'title' | 'description' | 'risk'> &
  Partial<Pick<SuggestionDraft, 'command' | 'undo' | 'evidence'>>

/** Failures whose steps need no more than the service's name. */
type PlainMechanism = Exclude<Mechanism, ChangeMechanism | 'monitoring_artifact'>

/** Steps by kind of failure, most helpful at once first; the service's name goes in. */
export type Playbook = Readonly<Partial<Record<PlainMechanism, (name: string) => readonly Step[]>>>
