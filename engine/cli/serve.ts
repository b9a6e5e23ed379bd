// ostiary serve: the engine until a signal comes.
import { randomBytes } from "node:crypto";
import { assembleEngine } from "../assemble.ts";
import { createApp } from "../http/app.ts";
import { type Listener, listen } from "../http/server.ts";
import { configureLog, openLog } from "../log.ts";
import type { Engine } from "../services/engine.ts";
import { COMMON_OPTIONS, type Command, CommandError } from "./command.ts";
import { createDataDirectory, isFresh } from "./data-directory.ts";
import { refuseForeignKeys, refuseHalfDirectory } from "./fitting-keys.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the engine",
  help: `ostiary serve [--listen HOST:PORT]

Runs the engine until SIGTERM, SIGINT or SIGHUP; open requests are answered first. The first start of a new data
directory makes keys, database and an administrator "admin" whose password it prints once.

  --listen H:P      address and port (default 127.0.0.1:8080; port 0 takes a free one)
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
    const { host, port } = settings["server.listen"];
    const listener = await open(engine, line.dataDir, host, port).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    console.log(`listening on http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`);
    for (const reason of engine.unreadiness()) log.warn("not ready", { reason });
    const signal = await nextSignal();
    log.info("stopping", { signal });
    await listener.stop(settings["server.drain_seconds"] * 1000);
    await close();
    // All is closed; only a worker that hangs inside a security module can keep the process now.
    setTimeout(() => process.exit(0), 500).unref();
    return 0;
  },
};

/** Errors: CommandError for keys that are not of this database, or a port that can not be opened. */
async function open(engine: Engine, dataDir: string, hostname: string, port: number): Promise<Listener> {
  await refuseForeignKeys(engine, dataDir);
  return listen(createApp(engine), { hostname, port }).catch((error: unknown) => {
    throw new CommandError(
      `can not listen on ${hostname}:${port}: ${describeListenFault(error)}. --listen takes another address or port.`,
    );
  });
}

/** Bun's own text ends in a question, whatever the reason. */
function describeListenFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") return "another program listens there";
  return error instanceof Error ? error.message : String(error);
}

/** A second signal while draining ends the process at once. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
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
