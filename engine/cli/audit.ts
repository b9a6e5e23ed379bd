// ostiary audit verify: has anybody touched the audit trail?
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../assemble.ts";
import { verifyAudit } from "../services/audit-verify.ts";
import { COMMON_OPTIONS, type Command, parseCommandLine } from "./command.ts";

export const auditVerify: Command = {
  name: "audit verify",
  summary: "prove that no audit row was changed, removed, reordered or cut off",
  help: `ostiary audit verify [--public-key FILE] [--checkpoints FILE] [--json]

Reads the whole trail, beside a running engine or without one, and checks hash chain, signatures and the checkpoints kept
outside the database. Exit code 0: nothing wrong; 1: something is.

  --public-key FILE   default DIR/keys/audit.pub; a copy from another place proves more
  --checkpoints FILE  default the setting audit.checkpoint_file; a copy from another place proves more
  --json              the report as JSON
${COMMON_OPTIONS}`,
  async run(args) {
    const line = parseCommandLine(args, {
      "public-key": { type: "string" },
      checkpoints: { type: "string" },
      json: { type: "boolean" },
    });
    const { values, dataDir } = line;
    const settings = line.settings();
    const progress = process.stderr.isTTY && !values.json ? (rows: number) => process.stderr.write(`\r${rows} rows`) : undefined;
    const report = await verifyAudit({
      databasePath: databasePath(dataDir),
      publicKeyPem: readFileSync(String(values["public-key"] ?? join(keysPath(dataDir), "audit.pub")), "utf8"),
      checkpointFile: String(values.checkpoints ?? settings["audit.checkpoint_file"]),
      progress,
    });
    if (progress) process.stderr.write("\n");
    if (values.json) console.log(JSON.stringify(report));
    else print(report);
    return report.problems.length === 0 ? 0 : 1;
  },
};

function print(report: Awaited<ReturnType<typeof verifyAudit>>): void {
  for (const chain of report.chains) {
    console.log(`chain ${chain.node} epoch ${chain.epoch}: ${chain.rows} rows, signed up to ${chain.signedTo}`);
  }
  for (const { kind, chain, seq, text } of report.problems)
    console.log(`PROBLEM ${kind} chain ${chain ?? "-"} row ${seq ?? "-"}: ${text}`);
  console.log(
    report.problems.length === 0
      ? `${report.rows} rows, nothing wrong`
      : `${report.rows} rows, ${report.problems.length} problems`,
  );
}
