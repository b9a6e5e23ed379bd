// ostiary audit verify: has anybody touched the audit trail?
import { verifyAudit } from "../audit/verify.ts";
import { lowerPriority } from "../store/low-priority.ts";
import { readAuditFiles, requireReadable } from "./audit-files.ts";
import { COMMON_OPTIONS, type Command, FLAG, TEXT } from "./command.ts";

/** Runs of removed rows that are printed one by one. */
const MOST_SHOWN = 20;

export const auditVerify: Command = {
  name: "audit verify",
  summary: "prove that no audit row was changed, removed, reordered or cut off",
  help: `ostiary audit verify [--public-key FILE] [--checkpoints FILE] [--json]

Reads the whole trail, beside a running engine or without one, and checks hash chain, signatures and the checkpoints kept
outside the database. Rows that "audit rotate" or retention removed are named and are no problem: their removal is signed.
Exit code 0: nothing wrong; 1: something is.

  --public-key FILE   default DIR/keys/audit.pub; a copy from another place proves more
  --checkpoints FILE  default the setting audit.checkpoint_file; a copy from another place proves more
  --json              the report as JSON
${COMMON_OPTIONS}

Example
  ostiary audit verify --data /srv/ostiary`,
  options: { "public-key": TEXT, checkpoints: TEXT, json: FLAG },
  async run(line) {
    const { values } = line;
    const settings = line.settings();
    const { database, publicKeyPem } = readAuditFiles(line);
    // Only a file that was asked for must be there: a new server has no checkpoints.
    if (typeof values.checkpoints === "string") requireReadable(values.checkpoints);
    const progress = process.stderr.isTTY && !values.json ? (rows: number) => process.stderr.write(`\r${rows} rows`) : undefined;
    // Half a minute of a core for ten million rows: log-ins come first.
    lowerPriority();
    const report = await verifyAudit({
      databasePath: database,
      publicKeyPem,
      checkpointFile: String(values.checkpoints ?? settings["audit.checkpoint_file"]),
      progress,
    });
    if (progress) process.stderr.write("\n");
    if (values.json) console.log(JSON.stringify(report));
    else print(report);
    return report.problemCount === 0 ? 0 : 1;
  },
};

function print(report: Awaited<ReturnType<typeof verifyAudit>>): void {
  for (const chain of report.chains) {
    console.log(
      `chain ${chain.node} epoch ${chain.epoch}: ${chain.rows} rows, signed up to row ${chain.signedTo}${chain.lastSeq > chain.signedTo ? "; those after it are signed within seconds" : ""}`,
    );
  }
  for (const { chain, firstSeq, lastSeq, removedAt } of report.removed.slice(0, MOST_SHOWN)) {
    const when = new Date(removedAt).toISOString();
    console.log(`chain ${chain}: rows ${firstSeq} to ${lastSeq} were removed by rotation, the last of them ${when}`);
  }
  if (report.removed.length > MOST_SHOWN) console.log(`… and more; rotation removed ${report.removedCount} rows in all`);
  for (const { kind, chain, seq, text } of report.problems)
    console.log(chain ? `PROBLEM ${kind} chain ${chain} row ${seq}: ${text}` : `PROBLEM ${kind}: ${text}`);
  const more = report.problemCount - report.problems.length;
  if (more > 0) console.log(`… and ${more} more`);
  console.log(
    report.problemCount === 0 ? `${report.rows} rows, nothing wrong` : `${report.rows} rows, ${report.problemCount} problems`,
  );
}
