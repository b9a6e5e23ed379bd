// All that works on the audit trail beside the writing of its rows, put together: signer, searches, index, retention.
import { dirname } from "node:path";
import type { Log } from "../log.ts";
import type { Notices } from "../log-notices.ts";
import type { Settings } from "../settings.ts";
import { type Store, StoreDamagedError, StoreUnavailableError } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { type Forwarding, startForwarding, toSinkOptions } from "./forwarding.ts";
import { startAuditSigner } from "./signer.ts";
import { openTrailReader, type TrailReader } from "./trail-reader.ts";
import { startUpkeep, type Upkeep } from "./upkeep.ts";
import { openUpkeepPool, type UpkeepPool } from "./upkeep-pool.ts";

export interface Audit {
  /** Searches. */
  trail: TrailReader;
  /** Work on the trail in slices. */
  pool: UpkeepPool;
  /** Index and retention; null in a command beside a server, which leaves both to it. */
  upkeep: Upkeep | null;
  /** Copies of rows that go elsewhere. */
  forwarding: Forwarding;
  /** Signs the last rows and ends everything; the store is still open then. */
  close(): Promise<void>;
}

export interface AuditOptions {
  databasePath: string;
  store: Store;
  vault: Vault;
  settings: Settings;
  beside: boolean;
  /** milliseconds since 1970 */
  now: () => number;
  log: Log;
  notices: Notices;
}

export async function openAudit({
  databasePath,
  store,
  vault,
  settings,
  beside,
  now,
  log,
  notices,
}: AuditOptions): Promise<Audit> {
  const files = { databasePath, publicKey: (await vault.publicKeys()).audit };
  const trail = openTrailReader(files, {
    onIndexDamaged() {
      log.warn("the index of the audit trail is damaged: it is made anew");
      void upkeep?.remakeIndex();
    },
    onFault: (text) => notices.set("audit search", text),
  });
  // A command leaves the sinks to the server: it sends the rows of both.
  const sinks = beside ? [] : toSinkOptions(settings, dirname(databasePath));
  const pool = openUpkeepPool({ ...files, feeds: !beside, sinks });
  const forwarding = startForwarding(pool, sinks, (sink, fault) => log.error("audit rows could not be sent", { sink, fault }));
  const signing = { store, vaultSign: (message: Uint8Array) => vault.signAudit(message), ready: () => vault.ready, now };
  const upkeep = beside
    ? null
    : startUpkeep({
        ...signing,
        pool,
        trail,
        settings,
        onError(what, error) {
          if (error instanceof StoreDamagedError) store.condemn(error);
          log.error("the upkeep of the audit trail failed", { what, error });
          notices.set(`audit ${what}`, `the ${what} of the audit trail fails: ${nameFault(error)}`);
        },
        onDone: (what) => notices.set(`audit ${what}`, null),
      });
  const signer = startAuditSigner({
    ...signing,
    checkpointFile: settings["audit.checkpoint_file"],
    everySeconds: settings["audit.checkpoint_seconds"],
    onError(error) {
      log.error("the audit trail could not be signed", { error });
      notices.set("audit signatures", `the audit trail is not signed: ${nameFault(error)}`);
    },
    onSigned: () => notices.set("audit signatures", null),
  });
  return {
    trail,
    pool,
    upkeep,
    forwarding,
    async close() {
      await upkeep?.close();
      await forwarding.close();
      await pool.close();
      await signer.stop().catch((error: unknown) => log.error("the last audit rows are not signed", { error }));
      await trail.close();
    },
  };
}

/** For everybody to read, so without the paths that the system's own texts name. */
function nameFault(error: unknown): string {
  if (error instanceof Error && "syscall" in error && "code" in error)
    return `${String(error.syscall)} says ${String(error.code)}`;
  return error instanceof StoreUnavailableError ? error.message : "the log has the reason";
}
