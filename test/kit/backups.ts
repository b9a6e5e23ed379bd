// Backups and restores inside the test process, with the clock of the test; and engines on directories that were restored.
//
//   const archive = await backUp(app);
//   const { dataDir } = await restoreFrom(archive, app);
//   const again = await openApp(dataDir, app);
import { join } from "node:path";
import { assembleEngine } from "../../engine/assemble.ts";
import { makeBackup } from "../../engine/backup/backup.ts";
import { bundleKeyFiles, packKeyFiles } from "../../engine/backup/key-bundle.ts";
import { type RestoreOutcome, type RestoreRequest, restoreBackup } from "../../engine/backup/restore.ts";
import { describeCommandRun } from "../../engine/cli/local-engine.ts";
import { createApp } from "../../engine/http/app.ts";
import { openVault } from "../../engine/vault/open-vault.ts";
import { writeNewFile } from "../../engine/vault/secret-file.ts";
import { answerRequest } from "./answer-request.ts";
import { callApi } from "./call-api.ts";
import { makeDataDir } from "./data-dir.ts";
import { adminName, adminPassword, type TestApp } from "./start-app.ts";

export interface TestArchive {
  archive: string;
  /** The keys in the clear, in another directory. */
  keys: string;
}

/** A backup of a running app with its keys apart: no passphrase, so it takes no half second of scrypt. */
export async function backUp({
  engine,
  dataDir,
  settings,
}: Pick<TestApp, "engine" | "dataDir" | "settings">): Promise<TestArchive> {
  const archive = join(makeDataDir(), "backup.tar.gz");
  const keys = join(makeDataDir(), "keys.json");
  await makeBackup({
    dataDir,
    target: archive,
    keys: null,
    keyPaths: ["keys"],
    settingsFile: null,
    checkpointFile: settings["audit.checkpoint_file"],
    release: engine.version,
    node: settings["node.name"],
    now: engine.now(),
    seal: (text) => engine.vault.sessionMac(text),
    progress: () => {},
  });
  writeNewFile(keys, await packKeyFiles(bundleKeyFiles(dataDir, ["keys"])));
  return { archive, keys };
}

/** Restores into a new directory at the moment that `now` gives. Rejects like restoreBackup. */
export async function restoreFrom(
  { archive, keys }: TestArchive,
  now: () => number,
  options: Partial<RestoreRequest> = {},
): Promise<RestoreOutcome & { dataDir: string }> {
  const dataDir = options.dataDir ?? makeDataDir();
  const outcome = await restoreBackup({
    archive,
    dataDir,
    passphrase: undefined,
    keysFrom: keys,
    ringPassphrase: undefined,
    demandResync: false,
    dryRun: false,
    now,
    audit: () => describeCommandRun("restore", true, "", "test", now()),
    progress: () => {},
    openVault: (stage) => openVault({ keysDirectory: join(stage, "keys"), hash: { memoryKib: 8, iterations: 1 } }),
    ...options,
  });
  return { ...outcome, dataDir };
}

export interface OpenedApp extends Pick<TestApp, "engine" | "api"> {
  stop(): Promise<void>;
}

/** An engine on a directory that is there, with settings and clock of `like`. */
export async function openApp(dataDir: string, like: TestApp): Promise<OpenedApp> {
  const settings = {
    ...like.settings,
    "audit.checkpoint_file": join(dataDir, "audit-checkpoints.jsonl"),
    "users.passwd_directories": [join(dataDir, "users")],
  };
  const { engine, close } = await assembleEngine(dataDir, settings, { now: () => like.engine.now() });
  const app = createApp(engine);
  const call: TestApp["api"] = (method, path, params, options) =>
    callApi("http://localhost", method, path, params, options, (url, init) => answerRequest(app, new Request(url, init)));
  const login = await call<{ token: string }>("POST", "/auth", { username: adminName, password: adminPassword }, { token: "" });
  const token = login.value?.token ?? "";
  return { engine, api: (method, path, params, options) => call(method, path, params, { token, ...options }), stop: close };
}
