// ostiary audit rotate: removes rows of the audit trail by age, by count, or by a rules file (AU-03, AU-04, AU-05).
import { type PlannedRotation, planByAge, planByCount, planByRules } from "../audit/retention.ts";
import { rotateAudit } from "../audit/rotate.ts";
import { RulesFileError } from "../audit/rotation-rules.ts";
import type { Engine } from "../services/engine.ts";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine, FLAG, TEXT, UsageError } from "./command.ts";
import { withKeyRing } from "./key-engine.ts";
import { openProgress, printJson } from "./output.ts";

export const auditRotate: Command = {
  name: "audit rotate",
  summary: "remove old audit rows; what stays can still be proven",
  help: `ostiary audit rotate --age DAYS | --highwatermark N --lowwatermark M | --rules FILE [--dry-run] [--json]

Removes rows in slices, beside a running server or without one, and leaves a signed note in place of each run of them, so that
"audit verify" still proves every other row. It can be stopped at any time (Ctrl-C) and called again. Two rows of the trail say
what it did. A server does the same by itself with the settings audit.retention_days, audit.retention_rows, audit.rules_file.

It signs, so it reads the key ring. If a passphrase seals that, it is the first line of standard input.

  --age DAYS          rows older than that; wins over the watermarks if both are given
  --highwatermark N   if there are more than N rows …
  --lowwatermark M    … all but the newest M go
  --rules FILE        YAML list of rules: "rotate: DAYS" and a pattern for any column; the first that matches counts
  --dry-run           say how many rows would go, and remove nothing
  --json              {"removed": 120, "complete": true, "dryRun": false}
${COMMON_OPTIONS}

Example
  ostiary audit rotate --age 365 --dry-run --data /srv/ostiary`,
  options: { age: TEXT, highwatermark: TEXT, lowwatermark: TEXT, rules: TEXT, "dry-run": FLAG, json: FLAG },
  async run(line) {
    const choose = readChoice(line);
    const dryRun = line.values["dry-run"] === true;
    const json = line.values.json === true;
    return withKeyRing(line, { unlock: !dryRun }, async ({ engine, by }) => {
      const planned = await choose(engine).catch(explain);
      const progress = openProgress(dryRun ? "would remove" : "removed", json);
      const stop = new AbortController();
      const onSignal = () => stop.abort();
      process.once("SIGINT", onSignal);
      process.once("SIGTERM", onSignal);
      const { removed, complete } = planned
        ? await rotateAudit({
            ...planned,
            store: engine.store,
            pool: engine.audit.pool,
            vaultSign: (message) => engine.vault.signAudit(message),
            by,
            dryRun,
            rest: 1,
            signal: stop.signal,
            progress: (rows) => progress.show(rows, null),
            now: engine.now,
          }).catch(explain)
        : { removed: 0, complete: true };
      progress.end();
      process.removeListener("SIGINT", onSignal);
      process.removeListener("SIGTERM", onSignal);
      if (json) printJson({ removed, complete, dryRun });
      else
        console.log(
          `${removed} rows ${dryRun ? "would be removed" : "removed"}${complete ? "" : "; stopped, call it again to go on"}`,
        );
      return complete ? 0 : 1;
    });
  },
};

type Choose = (engine: Engine) => Promise<PlannedRotation | null>;

/** Age wins over counts (B10). Error: UsageError. */
function readChoice({ values }: CommandLine): Choose {
  const { age, highwatermark, lowwatermark, rules } = values;
  if (rules !== undefined && (age ?? highwatermark ?? lowwatermark) !== undefined)
    throw new UsageError("--rules stands alone: a rules file says all of it");
  if (rules !== undefined) return (engine) => planByRules(String(rules), engine.now());
  if (age !== undefined) {
    const days = readNumber("--age", age);
    return async (engine) => planByAge(days, engine.now());
  }
  if (highwatermark === undefined || lowwatermark === undefined)
    throw new UsageError("say which rows: --age, --highwatermark with --lowwatermark, or --rules");
  const [high, low] = [readNumber("--highwatermark", highwatermark), readNumber("--lowwatermark", lowwatermark)];
  if (low > high) throw new UsageError("--lowwatermark must not be greater than --highwatermark");
  return (engine) => planByCount(engine.audit.trail, high, low);
}

function readNumber(name: string, text: unknown): number {
  if (!/^\d{1,12}$/.test(String(text))) throw new UsageError(`${name} must be a whole number, 0 or more`);
  return Number(text);
}

/** What a person can mend. */
function explain(error: unknown): never {
  const { code, message } = error as { code?: unknown; message: string };
  if (error instanceof RulesFileError) throw new CommandError(message);
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) throw new CommandError(`the rules file can not be read: ${message}`);
  throw error;
}
