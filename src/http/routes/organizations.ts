/** The caller's organisation and its members. */
import { Hono } from 'hono'
import { AppError } from '../../lib/errors'
import * as members from '../../services/members'
import { describeOrganization, organizationPatch, updateOrganization } from '../../services/organizations'
import * as answers from '../answers/organizations'
import { endpoint } from '../endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body } from '../input'
import { directoryOf } from '../middleware/tenant'
import { sessionGate } from '../session-gate'

const ids = { user_id: { error: 'Invalid user ID format', code: 'invalid_id' } } as const

export const organizations = new Hono<App>()
  .get(
    '/api/orgs/current',
    endpoint({
      summary: 'The organisation with its members',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: answers.organizationAnswer },
      failure: 'Failed to fetch organization',
    }),
    async (c) => c.json(answers.showOrganization(await describeOrganization(c.var.ctx))),
  )
  .patch(
    '/api/orgs',
    endpoint({
      summary: 'Rename the organisation',
      who: 'admin',
      bucket: 'default',
      answers: { 200: answers.organizationRenamed },
      errors: ['validation_failed', 'already_exists', 'conflict'],
      failure: 'Failed to update organization',
    }),
    body(organizationPatch),
    async (c) => {
      const { id, name, slug } = await updateOrganization(c.var.ctx, c.req.valid('json'))
      return c.json({ id, name, slug })
    },
  )
  .get(
    '/api/admin/users',
    endpoint({
      summary: 'Members, oldest first',
      who: 'admin',
      bucket: 'default',
      answers: { 200: answers.memberList },
    }),
    async (c) => c.json((await members.listMembers(c.var.ctx)).map(answers.showMember)),
  )
  .post(
    '/api/admin/users',
    endpoint({
      summary: 'Create a member, or ask whether an address is taken',
      who: 'admin',
      bucket: 'default',
      idempotent: true,
      answers: { 200: answers.existsAnswer, 201: answers.memberAnswer },
      errors: ['validation_failed', 'already_exists'],
    }),
    body(members.newMember),
    async (c) => {
      const isTaken = async (email: string) => (await directoryOf(c).findTaken(email, '')).email
      const input = c.req.valid('json')
      const admission = await members.admitMember(c.var.ctx, c.env, gates(c), isTaken, input)
      return 'exists' in admission
        ? c.json(admission, 200)
        : c.json(answers.showMember(admission.member), 201)
    },
  )
  .delete(
    '/api/admin/users/:user_id',
    endpoint({
      summary: 'Remove a member with chats, preferences and feedback; incidents stay',
      who: 'admin',
      bucket: 'default',
      ids,
      answers: { 200: answers.memberRemoved },
      errors: ['invalid_id', 'invalid_state', 'not_found', 'conflict'],
    }),
    async (c) => {
      const id = idOf(c, 'user_id')
      await members.removeMember(c.var.ctx, gates(c), id)
      return c.json({ message: 'User deleted' as const, id })
    },
  )
  .get(
    '/api/admin/users/:user_id/roles',
    endpoint({
      summary: "A member's role",
      who: 'admin',
      bucket: 'default',
      ids,
      answers: { 200: answers.rolesAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const user_id = idOf(c, 'user_id')
      return c.json({ user_id, roles: [await members.readRole(c.var.ctx, user_id)] })
    },
  )
  .post(
    '/api/admin/users/:user_id/roles',
    endpoint({
      summary: 'Give a member another role; their sessions end',
      who: 'admin',
      bucket: 'default',
      ids,
      answers: { 200: answers.roleAnswer },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
    }),
    body(members.roleChange),
    async (c) => {
      const user_id = idOf(c, 'user_id')
      const role = await members.giveRole(c.var.ctx, gates(c), user_id, c.req.valid('json').role)
      return c.json({ user_id, role })
    },
  )
  .delete(
    '/api/admin/users/:user_id/roles/:role',
    endpoint({
      summary: 'Take a role away: the member falls back to viewer',
      who: 'admin',
      bucket: 'default',
      ids,
      answers: { 200: answers.roleAnswer },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      const user_id = idOf(c, 'user_id')
      const taken = roleOf(c.req.param('role'))
      return c.json({ user_id, role: await members.takeRole(c.var.ctx, gates(c), user_id, taken) })
    },
  )

const gates =
  (c: AppContext): members.GateOf =>
  (userId) =>
    sessionGate(c, userId)

function roleOf(text: string) {
  const parsed = members.role.safeParse(text)
  if (parsed.success) return parsed.data
  throw new AppError('validation_failed', parsed.error.issues[0]?.message ?? 'Invalid role')
}
