// Do these keys belong to this database? Opens sealed seeds, of each key at least one.
import { Database } from "bun:sqlite";
import { keyContext } from "../tokens/type.ts";
import { SealBrokenError, type Vault } from "../vault/vault.ts";
import { ArchiveError } from "./manifest.ts";

const RANDOM_SAMPLES = 100;

interface Sample {
  serial: string;
  sealed: Uint8Array;
}

/**
 * How many seeds were opened; null: the ring is sealed and there was no passphrase for it, or its security module is not at hand,
 * so none was tried. Closes the vault. Errors: ArchiveError if one does not open or the ring's passphrase is wrong.
 */
export async function openSamples(
  vault: Vault,
  database: string,
  keyIds: readonly string[],
  ringPassphrase: string | undefined,
): Promise<number | null> {
  try {
    if (!vault.ready) {
      if (ringPassphrase === undefined) return null;
      if (!(await vault.unlock(ringPassphrase))) throw new ArchiveError("the passphrase of the key ring is wrong");
    }
    const samples = readSamples(database, keyIds);
    for (const sample of samples) await openSample(vault, sample);
    return samples.length;
  } finally {
    await vault.close();
  }
}

async function openSample(vault: Vault, { serial, sealed }: Sample): Promise<void> {
  try {
    (await vault.unseal(sealed, keyContext(serial))).fill(0);
  } catch (fault) {
    if (!(fault instanceof SealBrokenError)) throw fault;
    throw new ArchiveError(`the keys do not open the seed of token ${serial}: ${fault.message}`);
  }
}

function readSamples(path: string, keyIds: readonly string[]): Sample[] {
  const db = new Database(path, { readonly: true });
  try {
    const select = "SELECT serial, key_sealed AS sealed FROM token WHERE key_sealed IS NOT NULL";
    const ofKey = db.query<Sample, [Uint8Array]>(`${select} AND substr(key_sealed, 2, 4) = ? LIMIT 1`);
    const random = db.query<Sample, []>(`${select} ORDER BY random() LIMIT ${RANDOM_SAMPLES}`).all();
    return [...random, ...keyIds.flatMap((id) => ofKey.all(Uint8Array.fromHex(id)))];
  } finally {
    db.close();
  }
}
