// The files that the reading commands of the audit trail need.
import { createPublicKey } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../assemble.ts";
import { CommandError, type CommandLine } from "./command.ts";

export interface AuditFiles {
  database: string;
  /** Ed25519, SPKI. */
  publicKeyPem: string;
}

/** Error: CommandError that names the file. */
export function readAuditFiles({ values, dataDir }: CommandLine): AuditFiles {
  const database = databasePath(dataDir);
  const publicKey = String(values["public-key"] ?? join(keysPath(dataDir), "audit.pub"));
  for (const file of [database, publicKey]) requireReadable(file);
  return { database, publicKeyPem: readPublicKey(publicKey) };
}

export function requireReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new CommandError(`${file} is not there or can not be read: give the data directory by --data`);
  }
}

function readPublicKey(file: string): string {
  const pem = readFileSync(file, "utf8");
  try {
    createPublicKey(pem);
  } catch {
    throw new CommandError(`${file} holds no public key`);
  }
  return pem;
}
