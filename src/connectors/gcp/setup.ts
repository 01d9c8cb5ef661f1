/** What follows a login: which projects there are, which of them are used, and whether they can be read. It only reads. */
import * as z from 'zod'
import type { Job, JobProgress, JobView, Selection } from '../job'
import type { Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import type { Details } from './details'
import { allProjects, billedOf, mayRead } from './projects'

type Step = Job<Details>['steps'][number]
/** Projects whose billing is asked about in one slice of the third step. */
const SLICE = 25
/** More billed projects than this need a choice. */
export const MOST_CHOSEN = 5
/** Slices of the verification, at most. */
const MOST_SLICES = 20

const named = z.object({ projectId: z.string(), name: z.string() })

/** What a step leaves to the next. */
export const setupMemory = z.object({
  projects: z.array(named).default([]),
  looked: z.int().default(0),
  billed: z.array(z.string()).default([]),
  chosen: z.array(z.string()).default([]),
  root: z.string().nullable().default(null),
  checked: z.int().default(0),
  verified: z.int().default(0),
})
type Memory = z.infer<typeof setupMemory>

const setupInput = z.object({ selectedProjectIds: z.array(z.string()).default([]) })

const over = (result: Readonly<Record<string, unknown>>): Outcome<JobProgress> => ok({ next: 'done', result })
const failed = (reason: string) => over({ status: 'FAILED', redirect_params: `login=${reason}` })
const byName = (a: z.infer<typeof named>, b: z.infer<typeof named>): number =>
  a.name.localeCompare(b.name) || a.projectId.localeCompare(b.projectId)

const initialise: Step = async () => ok({ next: 'step', status: 'Listing projects', progress: 5, memory: {} })

const list: Step = async ({ ctx, access }) => {
  const found = await allProjects(ctx, access)
  if (found.kind !== 'ok') return found
  const projects = found.value
    .filter(({ lifecycleState }) => lifecycleState === 'ACTIVE')
    .map(({ projectId, name }) => ({ projectId, name: name || projectId }))
    .toSorted(byName)
  if (projects.length === 0) return failed('gcp_no_projects')
  return ok({ next: 'step', status: 'Checking billing', progress: 20, memory: { projects } })
}

const billing: Step = async ({ ctx, access }, job) => {
  const memory = setupMemory.parse(job.memory)
  const slice = memory.projects.slice(memory.looked, memory.looked + SLICE).map(({ projectId }) => projectId)
  const found = await billedOf(ctx, access, slice)
  if (found.kind !== 'ok') return found
  const looked = memory.looked + slice.length
  const billed = [...memory.billed, ...slice.filter((id) => found.value.has(id))]
  const now = { ...memory, looked, billed }
  if (looked < memory.projects.length)
    return ok({ next: 'again', status: `Checking billing: ${looked}/${memory.projects.length}`, memory: now })
  if (billed.length === 0) return failed('gcp_failed_billing')
  const chosen = choiceOf(job, billed)
  if (chosen === null) {
    const eligible = memory.projects.filter(({ projectId }) => billed.includes(projectId))
    return ok({
      next: 'done',
      memory: now,
      result: { status: 'needs_selection', eligible_projects: eligible, count: eligible.length },
    })
  }
  return ok({ next: 'step', status: 'Choosing the root project', progress: 50, memory: { ...now, chosen } })
}

/** What the person chose now or before; few projects need no choice. */
function choiceOf({ input, selections }: JobView, billed: readonly string[]): readonly string[] | null {
  const asked = setupInput.parse(input).selectedProjectIds
  const kept = selections.filter(({ enabled }) => enabled).map(({ id }) => id)
  for (const choice of [asked, kept]) {
    const usable = choice.filter((id) => billed.includes(id))
    if (usable.length > 0) return usable
  }
  return billed.length > MOST_CHOSEN ? null : billed
}

const chooseRoot: Step = async (_vendor, job) => {
  const memory = setupMemory.parse(job.memory)
  const before = job.selections.find(({ isRoot }) => isRoot)?.id
  const kept = memory.projects.find(({ projectId }) => projectId === before)
  // The list is in the order of names.
  const first = memory.projects.find(({ projectId }) => memory.chosen.includes(projectId))
  const root = (kept ?? first)?.projectId ?? null
  return ok({ next: 'step', status: 'Saving projects', progress: 60, memory: { ...memory, root } })
}

const store: Step = async (_vendor, job) => {
  const memory = setupMemory.parse(job.memory)
  const used = new Set([...memory.billed, ...(memory.root === null ? [] : [memory.root])])
  const selections: readonly Selection[] = memory.projects
    .filter(({ projectId }) => used.has(projectId))
    .map(({ projectId, name }) => ({
      id: projectId,
      name,
      type: 'project',
      enabled: memory.chosen.includes(projectId) || projectId === memory.root,
      isRoot: projectId === memory.root,
    }))
  return ok({
    next: 'step',
    status: 'Verifying permissions',
    progress: 70,
    propagation: { current: 0, total: memory.chosen.length },
    selections,
    ...(memory.root === null ? {} : { details: { defaultProjectId: memory.root } }),
  })
}

const verify: Step = async (vendor, job) => {
  const memory = setupMemory.parse(job.memory)
  const total = memory.chosen.length
  const size = Math.ceil(total / MOST_SLICES)
  const slice = memory.chosen.slice(memory.checked, memory.checked + size)
  const readable = await countReadable(vendor, slice)
  if (readable.kind !== 'ok') return readable
  const checked = memory.checked + slice.length
  return ok({
    next: checked < total ? 'again' : 'step',
    status: `Verifying permissions: ${checked}/${total} (1/1)`,
    progress: 70 + Math.floor((checked * 25) / Math.max(total, 1)),
    propagation: { current: checked, total },
    memory: { ...memory, checked, verified: memory.verified + readable.value },
  })
}

async function countReadable(
  { ctx, access }: Vendor<Details>,
  ids: readonly string[],
): Promise<Outcome<number>> {
  let count = 0
  for (const id of ids) {
    const answer = await mayRead(ctx, access, id)
    if (answer.kind !== 'ok') return answer
    if (answer.value) count++
  }
  return ok(count)
}

const finish: Step = async (_vendor, job) => over(resultOf(setupMemory.parse(job.memory)))

const resultOf = ({ chosen, verified }: Memory) => ({
  status: 'SUCCESS',
  redirect_params: 'login=gcp_success',
  propagation_status: verified === chosen.length ? 'FULL' : 'PARTIAL',
  verified_projects: verified,
  total_projects: chosen.length,
  projects_configured: chosen.length,
  apis_enabled: 0,
})

const TEXTS = { pending: 'Starting GCP setup', started: 'GCP setup is starting' } as const

export const setup: Job<Details> = {
  texts: TEXTS,
  steps: [initialise, list, billing, chooseRoot, store, verify, finish],
}

/** After another root project was chosen: can it be read? */
export const rootProject: Job<Details> = {
  texts: TEXTS,
  steps: [
    async ({ ctx, access }, job) => {
      const { project_id } = z.object({ project_id: z.string() }).parse(job.input)
      const answer = await mayRead(ctx, access, project_id)
      if (answer.kind !== 'ok') return answer
      return over({
        status: 'SUCCESS',
        root_project: project_id,
        propagation_status: answer.value ? 'FULL' : 'PARTIAL',
      })
    },
  ],
}
