// Puts an engine together from its data directory: store, vault, users, settings, guards. Nothing listens yet.
//
//   data/  ostiary.db        database            engine.lock   held while an engine runs
//          keys/             key files (0600)    users/        passwd files
//          ostiary.toml      settings            audit-checkpoints.jsonl
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { version } from "../package.json" with { type: "json" };
import { openAudit } from "./audit/open-audit.ts";
import { type Settings, SettingsError } from "./config.ts";
import { isInAnyNetwork, parseNetwork } from "./core/cidr.ts";
import { openLog } from "./log.ts";
import { createNotices } from "./log-notices.ts";
import { limitRepeats } from "./log-repeats.ts";
import { createPinCost } from "./login/pin-cost.ts";
import { createPinMemory } from "./login/pin-memory.ts";
import { createStepTimer } from "./login/steps.ts";
import { createAdmins } from "./services/admins.ts";
import { openApiKeys } from "./services/api-keys.ts";
import { createProxies } from "./services/client-address.ts";
import { openClientRegistry } from "./services/client-registry.ts";
import { watchClock } from "./services/clock-watch.ts";
import { followConfiguration } from "./services/configuration.ts";
import { openEndedSessions } from "./services/ended-sessions.ts";
import type { Engine } from "./services/engine.ts";
import { createGpgKeys } from "./services/gpg-keys.ts";
import { createJobs } from "./services/jobs.ts";
import { watchLoad } from "./services/load-watch.ts";
import { openGuard } from "./services/open-guard.ts";
import { createRemoteUser } from "./services/remote-user.ts";
import { resolverContext } from "./services/resolvers.ts";
import { createSessions } from "./services/sessions.ts";
import { openTrustedJwts } from "./services/trusted-jwts.ts";
import { openStore } from "./store/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { openSystemConfig } from "./store/system-config.ts";
import { openDirectory } from "./users/directory.ts";
import type { ResolverDeps } from "./users/resolver.ts";
import type { DeviceSettings } from "./vault/device.ts";
import { openVault } from "./vault/open-vault.ts";
import type { Vault } from "./vault/vault.ts";
import { hasDescriptors, NO_DESCRIPTORS } from "./workers/descriptors.ts";

const MAX_REMEMBERED_PINS = 200_000;

export const databasePath = (dataDir: string) => join(dataDir, "ostiary.db");
export const keysPath = (dataDir: string) => join(dataDir, "keys");

export interface RunningEngine {
  engine: Engine;
  /** Signs the last audit rows, then closes everything. Call it when no request is open any more. */
  close(): Promise<void>;
}

export interface AssembleOptions {
  /** The clock, milliseconds since 1970. */
  now?: () => number;
  /** Monotonic milliseconds. */
  tick?: () => number;
  /** A command beside a running engine or without one: takes no lock and writes an audit chain of its own, `<node>-cli`. */
  beside?: boolean;
}

/** Opens everything. Errors: KeyFileError, StoreInUseError, MigrationError, and what the system says. */
export async function assembleEngine(
  dataDir: string,
  settings: Settings,
  { now = Date.now, tick = () => performance.now(), beside = false }: AssembleOptions = {},
): Promise<RunningEngine> {
  const log = openLog("engine");
  const faultLog = limitRepeats(log, tick);
  const notices = createNotices(log);
  probeCheckpointFile(settings["audit.checkpoint_file"]);
  const mayReadMetrics = settings["metrics.allow"].map(parseNetwork);
  const store = openStore({
    path: databasePath(dataDir),
    node: beside ? `${settings["node.name"]}-cli` : settings["node.name"],
    exclusive: !beside,
    now,
    tokenCache: settings["tokens.cache"],
    onFault(fault) {
      if (fault === null) faultLog.info("the store makes things durable again");
      else
        faultLog.error("nothing can be made durable: log-ins are refused", {
          error: fault.message,
          cause: String(fault.cause ?? ""),
        });
    },
    onReaderFault: (text) => notices.set("reader", text),
  });
  try {
    const vault = await openVaultFor(dataDir, settings);
    const systemSettings = await openSystemConfig(store);
    const resolverDeps: ResolverDeps = {
      verify: (password, hash) => vault.verifyPassword(password, hash),
      passwdRoots: settings["users.passwd_directories"],
      now,
    };
    const directory = await openDirectory(store, systemSettings.current, resolverDeps, async (resolver, key, value) =>
      new TextDecoder().decode(await vault.unseal(Uint8Array.fromBase64(value), resolverContext(resolver, key))),
    );
    for (const [name, fault] of directory.faults()) log.warn("a user source can not be opened", { resolver: name, fault });
    const apiKeys = await openApiKeys(store, now);
    const ended = await openEndedSessions(store, now);
    const configuration = followConfiguration(
      store,
      () => Promise.all([systemSettings.reload(), directory.reload(), apiKeys.reload(), ended.reload()]),
      (error) => log.error("the configuration could not be read again", { error }),
    );
    const admins = createAdmins(store, vault, now);
    const clients = openClientRegistry({
      store,
      node: settings["node.name"],
      now,
      onError: (error) => faultLog.warn("what programs called could not be stored", { error: String(error) }),
    });
    const superusers = new Set(settings["auth.superuser_realms"]);
    const isSuperuserRealm = (realm: string) => superusers.has(realm.toLowerCase());
    for (const realm of superusers) {
      if (!directory.realm(realm)) log.warn("a realm of auth.superuser_realms does not exist", { realm });
    }
    const trustedJwts = await openTrustedJwts(settings["auth.trusted_jwt"], { dataDir, directory, isSuperuserRealm, now });
    const upToDate = async () => {
      store.noticeOthers();
      await null;
      // What can not be read again stays in force, and the log has it.
      await configuration.settled().catch(() => {});
    };
    const jobs = createJobs(now, tick, (kind, fault) => log.error("a job failed", { kind, error: String(fault) }));
    const audit = await openAudit({
      databasePath: databasePath(dataDir),
      store,
      vault,
      settings,
      beside,
      now,
      log: faultLog,
      notices,
    });
    const clock = watchClock({
      now,
      tick,
      onJump(text) {
        notices.set("clock", text);
        if (text !== null)
          noteInTrail(store, now(), text).catch((error: unknown) => faultLog.warn(text, { error: String(error) }));
      },
    });
    const load = watchLoad(settings["server.requests"], (milliseconds) =>
      faultLog.warn("everything waited for one thing", { milliseconds }),
    );
    let wasReady = vault.ready;
    const engine: Engine = {
      dataDir,
      store,
      vault,
      directory,
      configuration,
      systemConfig: systemSettings.current,
      resolverDeps,
      admins,
      sessions: createSessions({
        vault,
        admins,
        apiKeys,
        ended,
        directory,
        trustedJwts,
        isSuperuserRealm,
        upToDate,
        now,
      }),
      apiKeys,
      ended,
      remoteUser: createRemoteUser(settings),
      isSuperuserRealm,
      clients,
      ...createProxies(systemSettings.current, log),
      jobs,
      audit,
      gpgKeys: createGpgKeys(settings["import.gpg_directory"], (file, why) =>
        log.warn("a file holds no OpenPGP key that can be read", { file, why }),
      ),
      pinMemory: createPinMemory(randomBytes(32), settings["pin.memory"] ? MAX_REMEMBERED_PINS : 0),
      pinCost: createPinCost(),
      admission: load.admission,
      dearTurns: load.dearTurns,
      guard: openGuard(settings),
      steps: createStepTimer(() => performance.now()),
      rejectFloor: settings["pin.reject_floor"],
      totpWindow: settings["tokens.totp_window_seconds"],
      settings,
      version,
      now,
      tick,
      log,
      faultLog,
      notices,
      clock,
      loop: load.loop,
      certificate: { expiresAt: null, refused: 0 },
      mayReadMetrics: (address) => isInAnyNetwork(address, mayReadMetrics),
      unreadiness: () => [
        ...(vault.ready ? [] : [vault.reason ?? "a worker of the vault is being replaced"]),
        ...(vault.fault === null ? [] : [vault.fault]),
        ...(store.fault ? [`the store can not make anything durable: ${store.fault.message}`] : []),
      ],
    };
    let laneFails = false;
    const probe = setInterval(() => {
      // A security module that came back by itself: user sources may have waited for their secrets.
      if (vault.ready && !wasReady) void directory.reload().catch((error: unknown) => log.error("user sources", { error }));
      if (!vault.ready && wasReady) log.warn("not ready", { reason: vault.reason ?? "" });
      wasReady = vault.ready;
      if ((vault.fault !== null) !== laneFails) {
        laneFails = vault.fault !== null;
        if (vault.fault !== null) log.error("log-ins are refused", { reason: vault.fault });
        else log.info("the workers of the vault are up again");
      }
      notices.set("keeper", vault.keeperFault);
      notices.set("descriptors", hasDescriptors(1) ? null : NO_DESCRIPTORS);
      void store.probe();
      clock.look();
    }, 1000);
    probe.unref();
    return {
      engine,
      async close() {
        clearInterval(probe);
        load.close();
        await jobs.close();
        await clients.close();
        await audit.close();
        await directory.close();
        await vault.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** So that who reads the times in the trail knows what became of the clock between two rows. */
async function noteInTrail(store: Store, startedAt: number, info: string): Promise<void> {
  const nobody = { serial: null, tokenType: null, user: null, realm: null, resolver: null, administrator: null, client: null };
  const audit = { ...nobody, startedAt, duration: 0, action: "clock", success: true, actionDetail: null, info, policies: null };
  await store.commit({ kind: "login", effects: [], audit });
}

/** Better now than every few seconds in the log. Error: SettingsError. */
function probeCheckpointFile(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`audit.checkpoint_file: ${path} can not be written: ${text}`]);
  }
}

/** The vault of a data directory with the configured lanes and hash cost. */
export function openVaultFor(dataDir: string, settings: Settings): Promise<Vault> {
  const orAuto = (count: number) => (count > 0 ? count : undefined);
  return openVault({
    keysDirectory: keysPath(dataDir),
    fastWorkers: orAuto(settings["vault.fast_workers"]),
    dearWorkers: orAuto(settings["vault.dear_workers"]),
    fastQueue: settings["vault.fast_queue"],
    dearQueue: settings["vault.dear_queue"],
    device: describeDevice(settings),
    hash: { memoryKib: settings["hash.memory_kib"], iterations: settings["hash.iterations"] },
  });
}

/** The security module of the settings; null: none. */
export function describeDevice(settings: Settings): DeviceSettings | null {
  if (settings["keys.pkcs11_module"] === "") return null;
  return {
    module: settings["keys.pkcs11_module"],
    slot: settings["keys.pkcs11_slot"],
    tokenLabel: settings["keys.pkcs11_token_label"],
    keyLabel: settings["keys.pkcs11_key_label"],
    pinFile: settings["keys.pkcs11_pin_file"],
    retries: settings["keys.pkcs11_retries"],
    timeout: 1000 * settings["keys.pkcs11_timeout_seconds"],
  };
}
