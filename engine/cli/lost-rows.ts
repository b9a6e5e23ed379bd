// Does the database know all that its checkpoints state? (audit/rollback.ts.) A restore begins a new epoch of the trail and moves the
// tokens on (backup/rewind.ts), so it passes.
import { toAuditPublicKey } from "../audit/public-key.ts";
import { explainRollback, findRollback } from "../audit/rollback.ts";
import type { Engine } from "../services/engine.ts";
import { CommandError } from "./command.ts";

/** Error: CommandError if a signed checkpoint covers rows of the newest chain of a node that the database does not have. */
export async function refuseLostRows({ store, vault, settings }: Pick<Engine, "store" | "vault" | "settings">): Promise<void> {
  const file = settings["audit.checkpoint_file"];
  const ends = await store.query(store.sql.selectFrom("audit_chain").select(["node", "epoch", "head_seq as seq"]).compile());
  const lost = findRollback(file, toAuditPublicKey((await vault.publicKeys()).audit), ends);
  if (lost === null) return;
  const { what, meaning, advice } = explainRollback(lost, file);
  throw new CommandError(`${what} ${meaning} ${advice}`);
}
