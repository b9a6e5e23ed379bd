// ostiary audit …: the commands of the audit trail. docs/audit.md is the page to it.
import { auditCheckpoint } from "./audit-checkpoint.ts";
import { auditList } from "./audit-list.ts";
import { auditRotate } from "./audit-rotate.ts";
import { auditVerify } from "./audit-verify.ts";
import type { Command } from "./command.ts";

export const auditCommands: readonly Command[] = [auditList, auditVerify, auditRotate, auditCheckpoint];
