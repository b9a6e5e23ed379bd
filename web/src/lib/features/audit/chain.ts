// What the two verdicts of a row say together (docs/audit.md).
import type { AuditEntryObject } from "@ostiary/shared/endpoints/audit.ts";

export type ChainState = "intact" | "changed" | "missing";

/** A row that was changed weighs more than one whose neighbour is gone: what it says can not be believed. */
export function chainState({ sig_check, missing_line }: Pick<AuditEntryObject, "sig_check" | "missing_line">): ChainState {
  if (sig_check !== "OK") return "changed";
  return missing_line === "OK" ? "intact" : "missing";
}
