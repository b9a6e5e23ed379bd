// How the `key` commands reach an open key ring: a local engine, unlocked by lines of standard input where that is needed.

import type { Engine } from "../services/engine.ts";
import type { KeyHost } from "../services/key-rotation.ts";
import { DeviceUnavailableError, VaultLockedError } from "../vault/vault.ts";
import { CommandError, type CommandLine } from "./command.ts";
import { withLocalEngine } from "./local-engine.ts";
import { openSecrets, type SecretReader } from "./standard-input.ts";

export interface KeyEngine {
  host: KeyHost;
  /** The same, whole. */
  engine: Engine;
  by: string;
  /** Reads on where unlocking ended. */
  secrets: SecretReader;
}

/** Runs `work`, the ring open if `unlock`. Error: CommandError for a wrong secret, and whatever keeps the ring shut. */
export function withKeyRing<T>(
  line: CommandLine,
  { unlock }: { unlock: boolean },
  work: (open: KeyEngine) => Promise<T>,
): Promise<T> {
  return withLocalEngine(line, async ({ engine, by }) => {
    const secrets = openSecrets();
    try {
      if (unlock) await unlockRing(engine, secrets);
      return await work({ host: engine, engine, by, secrets });
    } catch (error) {
      if (error instanceof VaultLockedError || error instanceof DeviceUnavailableError) throw new CommandError(error.message);
      throw error;
    }
  });
}

/** A passphrase, then a PIN, as far as they are asked for. */
async function unlockRing({ vault }: KeyHost, secrets: SecretReader): Promise<void> {
  for (let tries = 0; tries < 2 && !(await vault.describeRing()).open; tries++) {
    const { reason } = vault;
    const secret = await secrets.next(
      tries === 0 ? "passphrase of the key ring, or PIN of its module" : "PIN of the security module",
    );
    if (secret === "") throw new CommandError(`${reason ?? "the key ring is locked"}; here: as a line of standard input`);
    if (!(await vault.unlock(secret))) throw new CommandError("the passphrase or PIN is wrong");
  }
  if (!(await vault.describeRing()).open) throw new CommandError(vault.reason ?? "the key ring is locked");
}
