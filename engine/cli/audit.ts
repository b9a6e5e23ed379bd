// ostiary audit verify: has anybody touched the audit trail?
import { createPublicKey } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../assemble.ts";
import { verifyAudit } from "../audit/verify.ts";
import { COMMON_OPTIONS, type Command, CommandError, FLAG, TEXT } from "./command.ts";

export const auditVerify: Command = {
  name: "audit verify",
  summary: "prove that no audit row was changed, removed, reordered or cut off",
  help: `ostiary audit verify [--public-key FILE] [--checkpoints FILE] [--json]

Reads the whole trail, beside a running engine or without one, and checks hash chain, signatures and the checkpoints kept
outside the database. Exit code 0: nothing wrong; 1: something is.

  --public-key FILE   default DIR/keys/audit.pub; a copy from another place proves more
  --checkpoints FILE  default the setting audit.checkpoint_file; a copy from another place proves more
  --json              the report as JSON
${COMMON_OPTIONS}

Example
  ostiary audit verify --data /srv/ostiary`,
  options: { "public-key": TEXT, checkpoints: TEXT, json: FLAG },
  async run(line) {
    const { values, dataDir } = line;
    const settings = line.settings();
    const database = databasePath(dataDir);
    const publicKey = String(values["public-key"] ?? join(keysPath(dataDir), "audit.pub"));
    // Only a file that was asked for must be there: a new server has no checkpoints.
    for (const file of [database, publicKey, values.checkpoints]) if (typeof file === "string") requireReadable(file);
    const progress = process.stderr.isTTY && !values.json ? (rows: number) => process.stderr.write(`\r${rows} rows`) : undefined;
    const report = await verifyAudit({
      databasePath: database,
      publicKeyPem: readPublicKey(publicKey),
      checkpointFile: String(values.checkpoints ?? settings["audit.checkpoint_file"]),
      progress,
    });
    if (progress) process.stderr.write("\n");
    if (values.json) console.log(JSON.stringify(report));
    else print(report);
    return report.problemCount === 0 ? 0 : 1;
  },
};

function requireReadable(file: string): void {
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

function print(report: Awaited<ReturnType<typeof verifyAudit>>): void {
  for (const chain of report.chains) {
    console.log(
      `chain ${chain.node} epoch ${chain.epoch}: ${chain.rows} rows, signed up to row ${chain.signedTo}${chain.lastSeq > chain.signedTo ? "; those after it are signed within seconds" : ""}`,
    );
  }
  for (const { kind, chain, seq, text } of report.problems)
    console.log(chain ? `PROBLEM ${kind} chain ${chain} row ${seq}: ${text}` : `PROBLEM ${kind}: ${text}`);
  const more = report.problemCount - report.problems.length;
  if (more > 0) console.log(`… and ${more} more`);
  console.log(
    report.problemCount === 0 ? `${report.rows} rows, nothing wrong` : `${report.rows} rows, ${report.problemCount} problems`,
  );
}
