/** Invitations into an organisation. No mail is sent: whoever invites hands on the token. */
import { Hono } from 'hono'
import * as verbs from '../../services/invitations'
import { success } from '../answers/integrations'
import { invitationCreated, invitationList, joinedAnswer, showInvitation } from '../answers/organizations'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'
import { joiningOf, tenantOf } from '../middleware/tenant'
import { sessionGate } from '../session-gate'

const ids = { invitation_id: { error: 'Invalid invitation ID format', code: 'invalid_id' } } as const

export const invitations = new Hono<App>()
  .post(
    '/api/invitations',
    endpoint({
      summary: 'Invite a user; the token is shown this once',
      who: 'admin',
      bucket: 'default',
      idempotent: true,
      answers: { 201: invitationCreated },
      errors: ['validation_failed', 'already_exists', 'conflict'],
    }),
    body(verbs.newInvitation),
    async (c) => {
      const { row, token } = await verbs.invite(c.var.ctx, c.req.valid('json'))
      return c.json({ ...showInvitation(row, c.var.now), token }, 201)
    },
  )
  .get(
    '/api/invitations',
    endpoint({
      summary: 'Invitations, newest first',
      who: 'admin',
      bucket: 'default',
      answers: { 200: invitationList },
    }),
    async (c) => {
      const rows = await verbs.listInvitations(c.var.ctx)
      return c.json({ invitations: rows.map((row) => showInvitation(row, c.var.now)) })
    },
  )
  .delete(
    '/api/invitations/:invitation_id',
    endpoint({
      summary: 'Cancel an invitation that waits',
      who: 'admin',
      bucket: 'default',
      ids,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      await verbs.cancelInvitation(c.var.ctx, idOf(c, 'invitation_id'))
      return c.json({ success: true as const })
    },
  )
  .post(
    '/api/invitations/accept',
    endpoint({
      summary: 'Move into the inviting organisation; all sessions end',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: joinedAnswer },
      errors: ['validation_failed', 'not_found', 'conflict'],
    }),
    body(verbs.invitationToken),
    async (c) => {
      const gate = sessionGate(c, c.var.actor.userId)
      const input = c.req.valid('json')
      return c.json(
        await verbs.acceptInvitation(c.var.ctx, joiningOf(c), gate, (orgId) => tenantOf(c, orgId), input),
      )
    },
  )
  .post(
    '/api/invitations/decline',
    endpoint({
      summary: 'Decline an invitation',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: success },
      errors: ['validation_failed', 'not_found', 'conflict'],
    }),
    body(verbs.invitationToken),
    async (c) => {
      await verbs.declineInvitation(c.var.ctx, joiningOf(c), c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
