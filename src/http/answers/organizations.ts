/** Bodies of the organisation, its members and invitations. */
import * as z from 'zod'
import { ROLES } from '../../lib/session-token'
import { iso } from '../../lib/time'
import { stateOf } from '../../services/invitations'
import type { listMembers } from '../../services/members'
import type { describeOrganization } from '../../services/organizations'

type Described = Awaited<ReturnType<typeof describeOrganization>>
type Member = Awaited<ReturnType<typeof listMembers>>[number]
type Invitation = Parameters<typeof stateOf>[0]

const time = z.iso.datetime({ precision: 3 })
const person = { id: z.uuid(), email: z.string(), name: z.string().nullable(), role: z.enum(ROLES) }

export const organizationAnswer = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  createdBy: z.uuid(),
  createdAt: time,
  planTier: z.string(),
  members: z.array(z.object({ ...person, createdAt: time })),
})

export const organizationRenamed = z.object({ id: z.uuid(), name: z.string(), slug: z.string() })

export const memberAnswer = z.object({ ...person, created_at: time })
export const memberList = z.array(memberAnswer)
export const existsAnswer = z.object({ exists: z.boolean() })
export const rolesAnswer = z.object({ user_id: z.uuid(), roles: z.array(z.enum(ROLES)).length(1) })
export const roleAnswer = z.object({ user_id: z.uuid(), role: z.enum(ROLES) })
export const memberRemoved = z.object({ message: z.literal('User deleted'), id: z.uuid() })

export const invitationAnswer = z.object({
  id: z.uuid(),
  email: z.string(),
  role: z.enum(ROLES),
  status: z.enum(['pending', 'accepted', 'declined', 'cancelled', 'expired']),
  invitedBy: z.uuid(),
  createdAt: time,
  expiresAt: time,
})

export const invitationList = z.object({ invitations: z.array(invitationAnswer) })
/** The only answer that holds the token. */
export const invitationCreated = invitationAnswer.extend({ token: z.string() })
export const joinedAnswer = z.object({ orgId: z.uuid(), orgName: z.string(), role: z.enum(ROLES) })

export const showOrganization = ({
  organization,
  members,
}: Described): z.infer<typeof organizationAnswer> => ({
  id: organization.id,
  name: organization.name,
  slug: organization.slug,
  createdBy: organization.createdBy,
  createdAt: iso(organization.createdAt),
  planTier: organization.planTier,
  members: members.map(({ createdAt, ...member }) => ({ ...member, createdAt: iso(createdAt) })),
})

export const showMember = ({ createdAt, ...member }: Member): z.infer<typeof memberAnswer> => ({
  ...member,
  created_at: iso(createdAt),
})

export const showInvitation = (row: Invitation, now: number): z.infer<typeof invitationAnswer> => ({
  id: row.id,
  email: row.email,
  role: row.role,
  status: stateOf(row, now),
  invitedBy: row.invitedBy,
  createdAt: iso(row.createdAt),
  expiresAt: iso(row.expiresAt),
})
