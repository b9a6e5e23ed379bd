// The data directory at its first use: keys, database, an administrator.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath, openVaultFor } from "../assemble.ts";
import { startAuditSigner } from "../audit/signer.ts";
import type { Settings } from "../config.ts";
import { createAdmins, describeAdminFault, findAdminFault } from "../services/admins.ts";
import { openStore } from "../store/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import { createKeys } from "../vault/keys.ts";
import type { Vault } from "../vault/vault.ts";
import { CommandError } from "./command.ts";
import { refuseHalfDirectory } from "./fitting-keys.ts";

/** Nothing is there yet: neither database nor keys. */
export function isFresh(dataDir: string): boolean {
  return !existsSync(databasePath(dataDir)) && !existsSync(keysPath(dataDir));
}

export interface FirstAdmin {
  username: string;
  password: string;
}

/**
 * Makes keys (0600), database and administrator, each durable before the next. Errors: CommandError if something is there
 * already or the administrator's name or password will not do.
 */
export async function createDataDirectory(
  dataDir: string,
  settings: Settings,
  admin: FirstAdmin,
  passphrase?: string,
): Promise<void> {
  const fault = findAdminFault(admin.username, admin.password);
  if (fault) throw new CommandError(describeAdminFault(fault));
  refuseHalfDirectory(dataDir);
  if (!isFresh(dataDir)) throw new CommandError(`${dataDir} already holds keys or a database; ostiary never overwrites them`);
  makeDirectory(join(dataDir, "users"));
  await createKeys(keysPath(dataDir), passphrase === undefined ? {} : { passphrase });
  await withAdmins(dataDir, settings, (admins) => admins.set(admin.username, admin.password), { mayCreate: true });
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CommandError(`${path} can not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Runs `work` on the administrators of a data directory, beside a running engine or without one. A missing database is made
 * only by those who say so: an empty one in the place of one that was lost would hide the loss.
 */
export async function withAdmins<T>(
  dataDir: string,
  settings: Settings,
  work: (admins: ReturnType<typeof createAdmins>) => Promise<T>,
  { mayCreate = false } = {},
): Promise<T> {
  if (!existsSync(keysPath(dataDir)))
    throw new CommandError(`${dataDir} holds no keys; "ostiary init" or "ostiary serve" makes them`);
  if (!mayCreate && !existsSync(databasePath(dataDir)))
    throw new CommandError(`${databasePath(dataDir)} is missing: restore it from the backup`);
  const store = openStore({ path: databasePath(dataDir), node: `${settings["node.name"]}-cli`, exclusive: false, now: Date.now });
  try {
    const vault = await openVaultFor(dataDir, settings);
    try {
      return await work(createAdmins(store, vault, Date.now));
    } finally {
      await signOwnRows(store, vault, settings);
      await vault.close();
    }
  } finally {
    await store.close();
  }
}

/** A command signs its own audit rows; the engine beside it signs only what it wrote. A sealed ring leaves them unsigned. */
async function signOwnRows(store: Store, vault: Vault, settings: Settings): Promise<void> {
  const signer = startAuditSigner({
    store,
    vaultSign: (message) => vault.signAudit(message),
    ready: () => vault.ready,
    checkpointFile: settings["audit.checkpoint_file"],
    everySeconds: 60,
    now: Date.now,
    onError: () => {},
  });
  await signer.stop();
}
