// ostiary restore: a backup into an empty data directory, and what the operator has to know afterwards.
import { hostname } from "node:os";
import { openVaultFor } from "../assemble.ts";
import type { Manifest } from "../backup/manifest.ts";
import { type RestoreOutcome, restoreBackup } from "../backup/restore.ts";
import type { Rewound } from "../backup/rewind.ts";
import { nameCommandLine } from "./account.ts";
import { COMMON_OPTIONS, type Command, endCleanlyOnSignals, FLAG, TEXT, UsageError } from "./command.ts";
import { describeCommandRun } from "./local-engine.ts";
import { openStepProgress, printJson } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

export const restore: Command = {
  name: "restore",
  summary: "put a backup into an empty data directory",
  help: `ostiary restore --from FILE --data DIR [--passphrase-stdin] [--keys FILE|DIR] [--demand-resync] [--dry-run] [--json]

Checks the archive (seal, every hash, whether the keys open the seeds) and puts it into DIR, which must be new or empty. Sessions
made before end, values that TOTP tokens showed until now are refused, and the audit trail begins a new epoch.
Tokens that count (HOTP) are back where they stood: a value used since the backup is good once more. --demand-resync refuses
them until their owners give two values in a row (POST /token/resync, or ostiary token resync).

  --from FILE              the archive
  --passphrase-stdin       the first line of standard input opens the keys
  --keys FILE|DIR          keys that are not in the archive: what --keys-to wrote, or a copy of the directory keys
  --ring-passphrase-stdin  a further line opens a key ring that is sealed itself, to try it on the seeds
  --demand-resync          tokens whose counter is lost are refused until a resync
  --dry-run                check everything, leave nothing
  --json                   the report as JSON
${COMMON_OPTIONS}

Examples
  printf '%s\\n' "$PASSPHRASE" | ostiary restore --from ostiary-node1-20260728T101500Z.tar.gz --data /srv/ostiary --passphrase-stdin
  ostiary restore --from backup.tar.gz --keys /mnt/safe/ostiary.keys --data /srv/ostiary --demand-resync`,
  options: {
    from: TEXT,
    "passphrase-stdin": FLAG,
    keys: TEXT,
    "ring-passphrase-stdin": FLAG,
    "demand-resync": FLAG,
    "dry-run": FLAG,
    json: FLAG,
  },
  async run(line) {
    const { values, dataDir } = line;
    const { from, keys = null, json = false } = values;
    if (typeof from !== "string" || from === "") throw new UsageError("--from is missing: the archive");
    const questions = { "passphrase-stdin": "passphrase of the backup", "ring-passphrase-stdin": "passphrase of the key ring" };
    const asked = Object.entries(questions).filter(([option]) => values[option]);
    const answers = asked.length > 0 ? await readSecrets(asked.map(([, question]) => question)) : [];
    const answerTo = (option: keyof typeof questions) => answers[asked.findIndex(([name]) => name === option)];
    endCleanlyOnSignals();
    const flags = { demandResync: values["demand-resync"] === true, dryRun: values["dry-run"] === true };
    const progress = openStepProgress(json === true);
    const outcome = await restoreBackup({
      archive: from,
      dataDir,
      passphrase: answerTo("passphrase-stdin"),
      ringPassphrase: answerTo("ring-passphrase-stdin"),
      keysFrom: typeof keys === "string" ? keys : null,
      ...flags,
      openVault: (stage) => openVaultFor(stage, line.settings(undefined, stage)),
      now: Date.now,
      audit: (manifest, rewound) => describeRestore(manifest, rewound, flags.demandResync),
      progress: progress.show,
    }).finally(progress.end);
    const warnings = listWarnings(outcome, flags.demandResync);
    const next = listNextSteps(outcome, dataDir, flags.demandResync);
    if (json)
      printJson({
        dataDir,
        ...flags,
        ...outcome.rewound,
        seedsOpened: outcome.opened,
        manifest: outcome.manifest,
        warnings,
        next,
      });
    else report(outcome, dataDir, flags.dryRun, warnings, next);
    return 0;
  },
};

const moment = (at: number) => new Date(at).toISOString();

function describeRestore({ madeAt, node }: Manifest, { movedOn, lost }: Rewound, demandResync: boolean) {
  const counters = `${movedOn} counters moved on, ${lost} lost${demandResync ? ", resync demanded" : ""}`;
  const by = nameCommandLine();
  return describeCommandRun("restore", true, `backup of ${node} from ${moment(madeAt)}: ${counters}`, by, Date.now());
}

/** What is not as it was, in words that say what it means. */
function listWarnings({ manifest, rewound, opened }: RestoreOutcome, demandResync: boolean): string[] {
  const since = moment(manifest.madeAt);
  const { lost, movedOn, apiKeys } = rewound;
  const counting = demandResync
    ? `${lost} counting tokens (HOTP) are refused until a resync: their counters are those of ${since}.`
    : `COUNTERS MOVED BACK: ${lost} counting tokens (HOTP) stand where they stood at ${since}. Every value used since then is good once more, to anybody who saw it.`;
  return [
    ...(lost > 0 ? [counting] : []),
    ...(movedOn > 0 ? [`${movedOn} TOTP tokens refuse every value up to now; the next one is good in a minute or less.`] : []),
    `Changes since ${since} are gone: tokens deleted, disabled or revoked since then are back, new ones are not there, PINs and passwords are the old ones.`,
    ...(apiKeys > 0 ? [`${apiKeys} API keys are valid; those revoked since ${since} are valid again.`] : []),
    ...(opened === null
      ? [
          "The key ring is sealed, or its security module is not at hand, so no seed was tried; --ring-passphrase-stdin opens a sealed one.",
        ]
      : []),
  ];
}

function listNextSteps({ manifest, rewound, opened }: RestoreOutcome, dataDir: string, demandResync: boolean): string[] {
  return [
    ...(process.getuid?.() === 0 ? [`give the directory to the account of the server: chown -R ostiary ${dataDir}`] : []),
    `start it: ostiary serve --data ${dataDir}`,
    ...(opened === null ? ["unlock the key ring, if a passphrase seals it: POST /system/hsm"] : []),
    ...(rewound.lost > 0 && !demandResync ? ["if somebody may have seen used values, restore again with --demand-resync"] : []),
    ...(rewound.lost > 0 && demandResync
      ? ["let their owners resync: ostiary token list --rollout_state resync shows who is left"]
      : []),
    ...(rewound.apiKeys > 0 ? ["look through the API keys and revoke those that were revoked"] : []),
    `disable again what was disabled after ${moment(manifest.madeAt)}`,
    "keep the checkpoints of the lost time (audit.checkpoint_file) as evidence, if they lie elsewhere; the trail goes on in a new epoch",
  ];
}

function report(
  { manifest, opened, rewound }: RestoreOutcome,
  dataDir: string,
  dryRun: boolean,
  warnings: string[],
  next: string[],
): void {
  const { tokens, administrators, auditRows } = manifest.counts;
  console.log(`${dryRun ? "could be restored" : "restored"}: ${dataDir}${dryRun ? "" : ` on ${hostname()}`}`);
  console.log(`  from the backup of ${manifest.node}, ${moment(manifest.madeAt)}, release ${manifest.release}`);
  console.log(`  ${tokens} tokens, ${administrators} administrators, ${auditRows} rows of the audit trail`);
  if (opened !== null) console.log(`  the keys fit: they opened ${opened} seeds`);
  if (rewound.movedPaths > 0) console.log(`  ${rewound.movedPaths} user files are now looked for in ${dataDir}`);
  console.log(`\nMind\n${warnings.map((text) => `  ! ${text}`).join("\n")}`);
  console.log(`\nNext\n${next.map((text, index) => `  ${index + 1}. ${text}`).join("\n")}`);
}
