import { describe, it } from 'vitest'
import { intentOf, type Intent } from '../../src/agent/builtin/intents'

const QUESTIONS: Readonly<Record<Intent, readonly string[]>> = {
  what_happened: [
    'What happened?',
    "what's going on here",
    'Can you summarize the incident?',
    'tl;dr please',
    'Give me an overview',
    'what went wrong',
    'Explain this incident to me',
    'Tell me about this incident',
    'What do we know so far?',
    'catch me up',
    'What did the investigation find?',
    "What's the problem?",
  ],
  timeline: [
    'Show me the timeline',
    'When did it start?',
    'What was the sequence of events?',
    'In which order did the alerts fire?',
    'Which alert fired first?',
    'how long did this last',
    'When was the first alert?',
    'Since when is this going on?',
    'At what time did the outage begin?',
    'what broke first?',
  ],
  cause: [
    'Why did this happen?',
    'What is the root cause?',
    "What's causing the errors?",
    'who or what is to blame',
    'What is the reason for this outage?',
    'What is behind this?',
    'why is checkout failing',
    'How did this happen?',
    'what triggered it',
    'How confident are you?',
    'what caused this',
  ],
  changes: [
    'What changed?',
    'Was there a deployment before this?',
    'Any recent deploys?',
    'What was released today?',
    'Who deployed last?',
    'show me the latest commits',
    'Did someone push a config change?',
    'Which build was rolled out?',
    'What changed before the incident?',
    'were any feature flags switched',
  ],
  affected: [
    'Who is affected?',
    'Which services are impacted?',
    'What is the blast radius?',
    'How bad is it?',
    'Are customers affected?',
    'what is the impact',
    'Which services are down?',
    'How many services are alerting?',
    'what depends on checkout-api?',
    'Is production down?',
  ],
  next: [
    'What should I do next?',
    'What are the next steps?',
    'How do I fix this?',
    'how can we mitigate it',
    'Any recommendations?',
    'What do you suggest?',
    'Should we roll back?',
    'How to resolve this?',
    'what now?',
    'Is there anything we can do?',
    'Which actions do you recommend?',
  ],
  runbook: [
    'Is there a runbook?',
    'Where is the runbook for this?',
    'do we have a playbook',
    'Which runbook should I follow?',
    'What does the runbook say?',
    'Any run books?',
    'show me the runbook',
    'How do I fix this, is there a runbook?',
  ],
  resolved: [
    'Is it resolved?',
    'Is this still happening?',
    'has the incident been fixed',
    'Are we back to normal?',
    'Is it over?',
    'are the alerts still firing?',
    'What is the current status?',
    'Did it recover?',
    'Is everything ok again?',
    'When was it resolved?',
    'is this ongoing',
  ],
  before: [
    'Have we seen this before?',
    'Has this happened before?',
    'Are there similar incidents?',
    'Is this the first time?',
    'How often does this happen?',
    'is this a known issue',
    'When did this last happen? Any past incidents?',
    'Did we have an outage like this before?',
    'Is this a recurring problem?',
    'Has this happened in the past?',
  ],
}

describe('the intent of a question', () => {
  for (const [intent, questions] of Object.entries(QUESTIONS)) {
    it(`is ${intent} in at least eight phrasings`, ({ expect }) => {
      expect(questions.length).toBeGreaterThanOrEqual(8)
      for (const question of questions) expect([question, intentOf(question)]).toEqual([question, intent])
      for (const question of questions) expect(intentOf(`  ${question.toUpperCase()} Thanks!`)).toBe(intent)
    })
  }

  it('is unknown when the words point nowhere', ({ expect }) => {
    for (const question of [
      'Write a poem about clouds',
      'What is the weather?',
      'Hello',
      '',
      'Which SQL index would speed up the orders table?',
      'Translate the title into German',
      '???',
      'How much memory does the pod use?',
    ]) {
      expect([question, intentOf(question)]).toEqual([question, null])
    }
  })
})
