// The thread that reads OpenPGP key files (gpg-keys.ts). Private keys that lie beside public ones do not leave it.
import { readFile } from "node:fs/promises";
import { type Key, readKeys } from "openpgp";

/** Paths of the files. */
export type GpgJob = string[];

export interface GpgAnswer {
  path: string;
  keys: { id: string; armor: string; fingerprint: string }[];
  /** Why the file, or a part of it, can not be read. */
  fault: string | null;
}

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<GpgJob>) => {
  const answers: GpgAnswer[] = [];
  for (const path of data) answers.push(await readKeyFile(path));
  self.postMessage(answers);
};

async function readKeyFile(path: string): Promise<GpgAnswer> {
  const keys: GpgAnswer["keys"] = [];
  try {
    const bytes = await readFile(path);
    const blocks = findBlocks(bytes.toString("latin1"));
    for (const key of blocks.length > 0 ? await readArmoured(blocks) : await readKeys({ binaryKeys: new Uint8Array(bytes) })) {
      const shown = key.toPublic();
      const id = shown.getKeyID().toHex().toUpperCase();
      keys.push({ id, armor: shown.armor(), fingerprint: shown.getFingerprint().toUpperCase() });
    }
    return { path, keys, fault: keys.length > 0 ? null : "it holds no key" };
  } catch (error) {
    return { path, keys, fault: error instanceof Error ? error.message : String(error) };
  }
}

async function readArmoured(blocks: string[]): Promise<Key[]> {
  const found: Key[] = [];
  for (const armoredKeys of blocks) found.push(...(await readKeys({ armoredKeys })));
  return found;
}

const BEGIN = "-----BEGIN PGP P";
const END = "-----END PGP P";

/** The armoured keys of a text, each for itself: the library takes the first one only. */
function findBlocks(text: string): string[] {
  const blocks: string[] = [];
  for (let from = text.indexOf(BEGIN); from >= 0; ) {
    const end = text.indexOf(END, from);
    if (end < 0) break;
    const next = text.indexOf(BEGIN, end);
    blocks.push(`${text.slice(from, next < 0 ? undefined : next).trimEnd()}\n`);
    from = next;
  }
  return blocks;
}
