// ostiary serve: the engine until a signal comes.
import { randomBytes } from "node:crypto";
import { assembleEngine, databasePath } from "../assemble.ts";
import { createApp } from "../http/app.ts";
import { boundConnections } from "../http/connections.ts";
import type { App } from "../http/exchange.ts";
import { type Listener, type ListenOptions, listen } from "../http/server.ts";
import { hstsHeaders, openTls, type Tls } from "../http/tls.ts";
import { configureLog, type Log, openLog } from "../log.ts";
import { CertificateError } from "../services/certificate.ts";
import type { Engine } from "../services/engine.ts";
import type { Address } from "../setting-kinds.ts";
import { isCheckedAtOnce } from "../store/damage.ts";
import { findDamage } from "../store/damage-search.ts";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine } from "./command.ts";
import { createDataDirectory, isFresh } from "./data-directory.ts";
import { refuseForeignKeys, refuseHalfDirectory } from "./fitting-keys.ts";
import { refuseLostRows } from "./lost-rows.ts";
import { type RunningSite, runSite, toUrl } from "./site/run.ts";
import { refuseUnsafeStart } from "./start-checks.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the engine, and the site beside it",
  help: `ostiary serve [--listen HOST:PORT]

Runs the engine until SIGTERM, SIGINT or SIGHUP; open requests are answered first. The first start of a new data
directory makes keys, database and an administrator "admin" whose password it prints once. With tls.certificate_file
and tls.key_file it speaks HTTPS, and SIGHUP takes up renewed files instead of ending it (docs/tls.md).

The site for people runs beside it in a process of its own. The first start builds it, while log-ins are answered already
(docs/site.md).

  --listen H:P      address and port (default 127.0.0.1:8080; port 0 takes a free one)
  --web-listen H:P  address and port of the site (default 127.0.0.1:8081), or off
${COMMON_OPTIONS}

Example
  ostiary serve --data /srv/ostiary --listen 127.0.0.1:8080`,
  options: {},
  async run(line) {
    const settings = line.settings();
    configureLog(settings["log.level"]);
    const log = openLog("serve");
    refuseHalfDirectory(line.dataDir);
    if (isFresh(line.dataDir)) await welcome(line.dataDir, settings);
    const { engine, close } = await assembleEngine(line.dataDir, settings);
    const doors = await openDoors(engine, line, log).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    for (const reason of engine.unreadiness()) log.warn("not ready", { reason });
    const site = startSite(engine, line.dataDir, doors.address, log);
    const signal = await nextSignal(doors.renew);
    log.info("stopping", { signal });
    // The site first: what a person just clicked is answered.
    await site?.stop();
    await doors.stop(settings["server.drain_seconds"] * 1000);
    await close();
    // All is closed; only a worker that hangs inside a security module can keep the process now.
    setTimeout(() => process.exit(0), 500).unref();
    return 0;
  },
};

/** A database that is too large to be checked when it is opened is looked through beside the log-ins. */
async function searchDamage({ store, notices }: Engine, dataDir: string): Promise<void> {
  const found = await findDamage(databasePath(dataDir));
  if (found === "too large") notices.set("database", "the database is too large to be looked through for damage at the start");
  else if (found) store.condemn(found);
}

/** A site that can not be built or dies is a line in the log; log-ins need none. null: none is wanted. */
function startSite({ settings }: Engine, dataDir: string, engine: string, log: Log): RunningSite | null {
  const listen = settings["web.listen"];
  if (listen === null) return null;
  const site = runSite({
    settings,
    listen,
    engine,
    dataDir,
    tell: (event, words) => (event === "ready" ? console.log(words) : event === "building" ? log.info(words) : log.warn(words)),
  });
  site.ended.catch((error: unknown) =>
    log.error("there is no site", { error: error instanceof Error ? error.message : String(error) }),
  );
  return site;
}

interface Doors {
  /** Where the site finds the engine. */
  address: string;
  /** Looks at the certificate files now; null: no TLS. */
  renew: (() => void) | null;
  stop(graceMs: number): Promise<void>;
}

/** Opens what the settings name and says so. Errors: CommandError for an unsafe start, for keys that are not of this database, or a port that can not be opened. */
async function openDoors(engine: Engine, line: CommandLine, log: Log): Promise<Doors> {
  await refuseForeignKeys(engine, line.dataDir);
  await refuseLostRows(engine);
  const found = await refuseUnsafeStart(engine, line);
  const { settings } = engine;
  const app = createApp(engine);
  const secure = settings["tls.certificate_file"] === "" ? null : openSecurely(engine);
  const headers = hstsHeaders(settings);
  const bounds = boundConnections(engine);
  const main = await open(app, { ...settings["server.listen"], tls: secure?.front, headers, bounds });
  const listeners = [main];
  let address = toUrl({ ...settings["server.listen"], port: main.port });
  // The site of this machine does not speak TLS with the engine: the certificate is for another name.
  const plain = settings["server.listen_plain"] ?? (secure && settings["web.listen"] ? { host: "127.0.0.1", port: 0 } : null);
  if (plain) {
    const inner = await open(app, { ...plain, bounds });
    listeners.push(inner);
    address = toUrl({ ...plain, port: inner.port });
  }
  found.tell(log);
  if (!isCheckedAtOnce(databasePath(line.dataDir)))
    searchDamage(engine, line.dataDir).catch((error: unknown) =>
      log.warn("the search for damage failed", { error: String(error) }),
    );
  return {
    address,
    renew: secure?.look ?? null,
    async stop(graceMs) {
      secure?.stop();
      await Promise.all(listeners.map((listener) => listener.stop(graceMs)));
    },
  };
}

function openSecurely(engine: Engine): Tls {
  try {
    return openTls(engine);
  } catch (error) {
    throw error instanceof CertificateError ? new CommandError(error.message) : error;
  }
}

async function open(
  app: App,
  { host, port, ...how }: Address & Pick<ListenOptions, "tls" | "headers" | "bounds">,
): Promise<Listener> {
  const listener = await listen(app, { hostname: host, port, ...how }).catch((error: unknown) => {
    throw new CommandError(
      `can not listen on ${host}:${port}: ${describeListenFault(error)}. --listen takes another address or port.`,
    );
  });
  console.log(`listening on ${how.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${listener.port}`);
  return listener;
}

/** Bun's own text ends in a question, whatever the reason. */
function describeListenFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") return "another program listens there";
  return error instanceof Error ? error.message : String(error);
}

/** A second signal while draining ends the process at once. With TLS SIGHUP is no end, but asks for the renewed certificate. */
function nextSignal(renew: (() => void) | null): Promise<string> {
  if (renew) process.on("SIGHUP", renew);
  return new Promise((resolve) => {
    for (const signal of renew ? (["SIGTERM", "SIGINT"] as const) : (["SIGTERM", "SIGINT", "SIGHUP"] as const)) {
      process.once(signal, () => {
        resolve(signal);
        process.on(signal, () => process.exit(1));
      });
    }
  });
}

async function welcome(dataDir: string, settings: Parameters<typeof createDataDirectory>[1]): Promise<void> {
  const password = randomBytes(15).toBase64({ alphabet: "base64url" });
  await createDataDirectory(dataDir, settings, { username: "admin", password });
  console.log(
    `A new data directory: ${dataDir}\n\n  administrator  admin\n  password       ${password}\n\nIt is shown this once. Keep it, or set another with: ostiary admin password admin --password-stdin --data ${dataDir}\n`,
  );
}
