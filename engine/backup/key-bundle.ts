// The key files of a data directory as one text: what a backup carries, sealed by a passphrase, or what lies apart from it.
//   plain   {"version":1,"files":{"keys/keyring.json":"<base64>", …}}
//   sealed  that text under a passphrase, in the form of a sealed key ring (vault/ring-seal.ts: scrypt, AES-256-GCM)
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { closeRing, makePassphraseSeal, openByPassphrase, readForm } from "../vault/ring-seal.ts";
import { findPathFault } from "./part-path.ts";

/** The content of each key file under its path in the data directory, such as `keys/session.json`. */
export type KeyFiles = Map<string, Uint8Array>;

/** The text is no bundle, or the passphrase is wrong. */
export class KeyBundleError extends Error {
  override readonly name = "KeyBundleError";
}

/** A few kilobytes as a rule. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/**
 * Reads files of the data directory, and all files of directories in it. Those that are not there, drafts (names that begin with a
 * dot) and links are left out.
 */
export function bundleKeyFiles(dataDir: string, paths: readonly string[]): KeyFiles {
  const files: KeyFiles = new Map();
  const add = (path: string) => {
    const kind = lstatSync(join(dataDir, path), { throwIfNoEntry: false });
    if (kind?.isFile()) files.set(path, readFileSync(join(dataDir, path)));
    if (!kind?.isDirectory()) return;
    for (const name of readdirSync(join(dataDir, path)).sort()) if (!name.startsWith(".")) add(`${path}/${name}`);
  };
  for (const path of paths) add(path);
  return files;
}

/** The bundle as text, sealed if there is a passphrase. Error: KeyBundleError if it is more than a restore would take. */
export async function packKeyFiles(files: KeyFiles, passphrase?: string): Promise<string> {
  const encoded = Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toBase64()]));
  const text = `${JSON.stringify({ version: 1, files: encoded })}\n`;
  // Sealed it is a third longer.
  if (text.length > MAX_BUNDLE_BYTES / 2)
    throw new KeyBundleError("the key files hold more than 8 MiB: something else lies among them");
  return passphrase === undefined ? text : closeRing(text, await makePassphraseSeal(passphrase));
}

/** Whether a passphrase is needed. Error: KeyBundleError. */
function isSealedBundle(text: string): boolean {
  return explain(() => readForm(text) === "passphrase");
}

/** The files inside. Error: KeyBundleError, which never shows a value. */
export async function unpackKeyFiles(text: string, passphrase?: string): Promise<KeyFiles> {
  if (!isSealedBundle(text)) return readPlain(text);
  if (passphrase === undefined) throw new KeyBundleError("the keys are sealed: give the passphrase by --passphrase-stdin");
  const opened = await openByPassphrase(text, passphrase);
  if (opened === null) throw new KeyBundleError("the passphrase is wrong, or the sealed keys were altered");
  return readPlain(opened.ring);
}

/** What `--keys` names: a bundle, or the directory `keys` of a data directory as somebody copied it by hand. */
export async function readKeySource(path: string, passphrase?: string): Promise<KeyFiles> {
  if (!statSync(path).isDirectory()) {
    if (statSync(path).size > MAX_BUNDLE_BYTES) throw new KeyBundleError("it is too large for a file of keys");
    return unpackKeyFiles(readFileSync(path, "utf8"), passphrase);
  }
  const files = bundleKeyFiles(path, readdirSync(path));
  return new Map([...files].map(([name, bytes]) => [`keys/${name}`, bytes]));
}

function readPlain(text: string): KeyFiles {
  return explain(() => {
    const { version, files } = JSON.parse(text) as { version?: unknown; files?: unknown };
    if (version !== 1 || typeof files !== "object" || files === null) throw new Error("no bundle");
    return new Map(
      Object.entries(files).map(([path, value]): [string, Uint8Array] => {
        if (findPathFault(path) !== null) throw new Error("a path");
        return [path, Uint8Array.fromBase64(String(value))];
      }),
    );
  });
}

/** The parser's own words could quote key material. */
function explain<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new KeyBundleError("this is no file of keys that ostiary backup wrote");
  }
}
