// ostiary audit …: the commands of the audit trail. docs/audit.md is the page to it.
import { auditCheckpoint } from "./audit-checkpoint.ts";
import { auditRotate } from "./audit-rotate.ts";
import { auditVerify } from "./audit-verify.ts";
import type { Command } from "./command.ts";

export const auditCommands: readonly Command[] = [auditVerify, auditRotate, auditCheckpoint];
