CREATE TRIGGER guard_tool_approvals_state_insert BEFORE INSERT ON tool_approvals WHEN NEW.state <> 'requested' OR NEW.risk NOT IN ('low', 'medium', 'high')
BEGIN SELECT RAISE(ABORT, 'value of tool_approvals is not allowed'); END;
--> statement-breakpoint
-- Decided once, carried out at most once: a row never goes back.
CREATE TRIGGER guard_tool_approvals_state_update BEFORE UPDATE OF state ON tool_approvals
WHEN NOT ((OLD.state = 'requested' AND NEW.state IN ('approved', 'denied')) OR (OLD.state = 'approved' AND NEW.state IN ('executed', 'failed')))
BEGIN SELECT RAISE(ABORT, 'change of tool_approvals.state is not allowed'); END;
--> statement-breakpoint
-- What was asked for stays as it was asked for.
CREATE TRIGGER guard_tool_approvals_request BEFORE UPDATE OF org_id, incident_id, tool, args, args_sha256, risk, requested_by, expires_at ON tool_approvals
BEGIN SELECT RAISE(ABORT, 'tool_approvals.args cannot change'); END;
