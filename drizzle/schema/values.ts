/** The closed sets of values that columns hold; triggers in migrations guard them in the database. */

export const ROLES = ['admin', 'editor', 'viewer'] as const
export const TOKEN_SCOPES = ['read', 'write'] as const
export const INVITATION_STATES = ['pending', 'accepted', 'declined', 'cancelled'] as const
export const IDEMPOTENCY_STATES = ['running', 'done'] as const
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const
export const INCIDENT_STATUSES = ['investigating', 'analyzed', 'merged', 'resolved'] as const
export const AURORA_STATUSES = ['idle', 'running', 'complete', 'error'] as const
export const ACTIVE_TABS = ['thoughts', 'chat'] as const
export const ALERT_STATES = ['firing', 'acknowledged', 'resolved'] as const
export const ALERT_KINDS = ['alert', 'incident', 'issue', 'deployment'] as const
export const ALERT_EFFECTS = [
  'opened',
  'repeat',
  'escalated',
  'acknowledged',
  'unacknowledged',
  'resolved',
  'expired',
  'auto_resolved',
  'reopened',
  'stale',
  'info',
  'ignored',
] as const
export const AUTHENTICITIES = ['signature', 'token', 'session', 'none'] as const
export const VERIFICATIONS = ['required', 'if_configured', 'token_only'] as const
export const DELIVERY_STATES = [
  'received',
  'processing',
  'processed',
  'held',
  'skipped',
  'rejected',
  'dead',
] as const
export const STRATEGIES = ['primary', 'rule', 'topology', 'time_window', 'similarity', 'manual'] as const
export const CHANGE_KINDS = ['deployment', 'config', 'flag', 'infrastructure', 'scaling', 'other'] as const
export const RUN_KINDS = ['investigation', 'chat', 'postmortem'] as const
export const RUN_STATES = [
  'queued',
  'leased',
  'running',
  'succeeded',
  'failed',
  'timeout',
  'cancelled',
] as const
export const RUN_TRIGGERS = [
  'opened',
  'reopened',
  'escalated',
  'joined',
  'released',
  'retry',
  'manual',
  'question',
  'resolved',
] as const
export const POSTMORTEM_STATES = ['generating', 'ready', 'failed'] as const
export const POSTMORTEM_ORIGINS = ['generated', 'edited', 'restored'] as const
export const FEEDBACK_TYPES = ['helpful', 'not_helpful'] as const
export const VERDICTS = ['confirmed', 'likely', 'inconclusive'] as const
export const SESSION_STATUSES = ['active', 'in_progress', 'completed', 'failed', 'cancelled'] as const
export const SENDERS = ['user', 'assistant'] as const
export const EVIDENCE_STATUSES = ['success', 'error', 'empty'] as const
export const TRUSTS = ['high', 'normal', 'low'] as const
export const SUBSCRIPTION_STATES = ['pending', 'confirming', 'confirmed'] as const
export const CHANNEL_KINDS = ['slack', 'google_chat', 'webhook', 'email'] as const
export const NOTIFICATION_STATES = ['pending', 'sent', 'dead'] as const
export const APPROVAL_RISKS = ['low', 'medium', 'high'] as const
export const APPROVAL_STATES = ['requested', 'approved', 'denied', 'executed', 'failed'] as const
export const POLICY_MODES = ['allow', 'deny'] as const
