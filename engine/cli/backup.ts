// ostiary backup: one file with everything, beside a running server or without one.
import { constants, setPriority } from "node:os";
import { join, resolve } from "node:path";
import { type BackupOutcome, makeBackup } from "../backup/backup.ts";
import { bundleKeyFiles, packKeyFiles } from "../backup/key-bundle.ts";
import { findTarget, findWay, refusePlaces } from "../backup/places.ts";
import type { Settings } from "../config.ts";
import { writeNewFile } from "../vault/secret-file.ts";
import { COMMON_OPTIONS, type Command, type CommandLine, endCleanlyOnSignals, FLAG, TEXT, UsageError } from "./command.ts";
import { type LocalEngine, withLocalEngine } from "./local-engine.ts";
import { openStepProgress, printJson } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

const MIN_PASSPHRASE = 12;

export const backup: Command = {
  name: "backup",
  summary: "write everything into one file, beside a running server or without one",
  help: `ostiary backup --to FILE|DIR (--passphrase-stdin | --keys-to FILE | --without-keys) [--json]

Copies the database as it is at one moment while log-ins go on, and with it settings, user files and the checkpoints of the audit
trail, into one archive. It gets its name when it is whole and on disk; nothing is ever overwritten.
Whoever has the database and the keys has every secret. So the keys go into the archive sealed by a passphrase, or to another
place, or are left out. A restore needs them.

  --to FILE|DIR       the archive; in a directory it gets a name with node and time
  --passphrase-stdin  seal the keys by the passphrase in the first line of standard input (${MIN_PASSPHRASE} characters or more)
  --keys-to FILE      write the keys there and not into the archive; in the clear unless there is a passphrase, and then only
                      to a directory that is not that of the archive, nor above or below it
  --without-keys      no keys: copy DIR/keys yourself, to another place
  --json              the report as JSON
${COMMON_OPTIONS}

Examples
  printf '%s\\n' "$PASSPHRASE" | ostiary backup --to /backup --passphrase-stdin --data /srv/ostiary
  ostiary backup --to /backup --keys-to /mnt/safe/ostiary.keys --data /srv/ostiary`,
  options: { to: TEXT, "passphrase-stdin": FLAG, "keys-to": TEXT, "without-keys": FLAG, json: FLAG },
  async run(line) {
    const wish = await readWish(line);
    endCleanlyOnSignals();
    // Log-ins come first: all that is started from here on takes what they leave.
    setPriority(constants.priority.PRIORITY_LOW);
    await withLocalEngine(line, async (local) => {
      const target = findTarget(wish.to, local.engine.settings["node.name"], local.engine.now());
      refusePlaces(target, line.dataDir, wish.passphrase === undefined ? wish.keysTo : null);
      const done = await work(line, wish, target, local).catch(async (fault: unknown) => {
        await local.audit("backup", false, target);
        throw fault;
      });
      await local.audit("backup", true, target);
      if (wish.json)
        printJson({ archive: target, keys: wish.keysTo, bytes: done.bytes, leftOut: done.leftOut, ...done.manifest });
      else report(target, wish, done);
    });
    return 0;
  },
};

interface Wish {
  to: string;
  keysTo: string | null;
  withoutKeys: boolean;
  passphrase: string | undefined;
  json: boolean;
}

/** Error: UsageError. */
async function readWish({ values }: CommandLine): Promise<Wish> {
  const { to, json = false } = values;
  const keysTo = typeof values["keys-to"] === "string" ? resolve(values["keys-to"]) : null;
  const withoutKeys = values["without-keys"] === true;
  const sealed = values["passphrase-stdin"] === true;
  if (typeof to !== "string" || to === "") throw new UsageError("--to is missing: where the archive goes");
  if (withoutKeys ? sealed || keysTo !== null : !sealed && keysTo === null)
    throw new UsageError(
      "say what happens to the keys: --passphrase-stdin seals them, --keys-to FILE puts them elsewhere, --without-keys leaves them out",
    );
  const [passphrase] = sealed ? await readSecrets(["passphrase of the backup"]) : [];
  if (passphrase !== undefined && [...passphrase].length < MIN_PASSPHRASE)
    throw new UsageError(`the passphrase, the first line of standard input, has at least ${MIN_PASSPHRASE} characters`);
  return { to, keysTo, withoutKeys, passphrase, json: json === true };
}

async function work(
  { dataDir, settingsFile }: CommandLine,
  wish: Wish,
  target: string,
  { engine }: LocalEngine,
): Promise<BackupOutcome> {
  const { settings, vault, version, now } = engine;
  const keyPaths = findKeyPaths(dataDir, settings);
  const keys = wish.withoutKeys ? null : await packKeyFiles(bundleKeyFiles(dataDir, keyPaths), wish.passphrase);
  const progress = openStepProgress(wish.json);
  const done = await makeBackup({
    dataDir,
    target,
    keys: wish.keysTo === null ? keys : null,
    keyPaths,
    settingsFile,
    checkpointFile: settings["audit.checkpoint_file"],
    release: version,
    node: settings["node.name"],
    now: now(),
    seal: (text) => vault.sessionMac(text),
    progress: progress.show,
  }).finally(progress.end);
  if (wish.keysTo !== null && keys !== null) writeNewFile(wish.keysTo, keys);
  return done;
}

/** What of the data directory is secret by itself: our keys, that of TLS, those vendors encrypt seeds to, the module's PIN. */
function findKeyPaths(dataDir: string, settings: Settings): string[] {
  const names = ["import.gpg_directory", "keys.pkcs11_pin_file", "tls.key_file", "tls.passphrase_file"] as const;
  const paths = [join(dataDir, "keys"), ...names.map((name) => settings[name])];
  // A setting that is empty names nothing, and none may come to mean the whole directory.
  const ways = paths.map((path) => (path === "" ? null : findWay(dataDir, path)));
  return ways.filter((way): way is string => way !== null && way !== "");
}

function report(target: string, { keysTo, withoutKeys, passphrase }: Wish, { manifest, bytes, leftOut }: BackupOutcome): void {
  const { tokens, administrators, auditRows } = manifest.counts;
  console.log(target);
  console.log(
    `  ${bytes} bytes: ${tokens} tokens, ${administrators} administrators, ${auditRows} rows of the audit trail, ${manifest.parts.length} parts`,
  );
  if (withoutKeys) console.log("  without keys: a restore needs a copy of the directory keys, kept at another place");
  else if (keysTo === null)
    console.log("  the keys are inside, sealed by the passphrase; without it the backup is worth nothing");
  else
    console.log(
      `  the keys: ${keysTo}${passphrase === undefined ? ", IN THE CLEAR: keep it far from the archive" : ", sealed by the passphrase"}`,
    );
  for (const path of leftOut) console.log(`  left out, no plain file: ${path}`);
}
