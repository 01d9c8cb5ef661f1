CREATE TRIGGER guard_command_policies_mode_insert BEFORE INSERT ON command_policies WHEN NEW.mode NOT IN ('allow', 'deny')
BEGIN SELECT RAISE(ABORT, 'value of command_policies.mode is not allowed'); END;
--> statement-breakpoint
CREATE TRIGGER guard_command_policies_mode_update BEFORE UPDATE OF mode ON command_policies WHEN NEW.mode NOT IN ('allow', 'deny')
BEGIN SELECT RAISE(ABORT, 'value of command_policies.mode is not allowed'); END;
