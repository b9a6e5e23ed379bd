// The key that seals sessions: 32 bytes in a file that only the site reads. It outlives restarts, so nobody is logged out by one;
// delete the file and everybody is.
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const BYTES = 32;

/** Reads the key, and makes it first if there is none. Error: one that names the file, if what is there is no key. */
export function openSessionKey(file: string): Uint8Array {
  const key = readKey(file) ?? makeKey(file);
  if (key.length !== BYTES) throw new Error(`${file} is no session key. Delete it; everybody then has to log in again.`);
  return key;
}

function readKey(file: string): Uint8Array | null {
  try {
    return Uint8Array.fromHex(readFileSync(file, "utf8").trim());
  } catch (error) {
    if (error instanceof SyntaxError) return new Uint8Array();
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Whole or not at all, and of two sites that start at once both get the same: the link of the second fails. */
function makeKey(file: string): Uint8Array {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}.part`;
  const handle = openSync(part, "w", 0o600);
  writeSync(handle, `${randomBytes(BYTES).toString("hex")}\n`);
  fsyncSync(handle);
  closeSync(handle);
  try {
    linkSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(part);
  }
  return readKey(file) ?? new Uint8Array();
}
