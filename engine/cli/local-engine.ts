// How a command reaches the data: an engine of its own over the same files, beside a running server or without one. The server
// notices what a command changed at once. Endpoints are called without the network, as an administrator named after the
// account that runs the command: who can read the key files can do everything anyway.
import { existsSync } from "node:fs";
import type { Catalogue, EndpointName } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { assembleEngine, databasePath, keysPath } from "../assemble.ts";
import type { Reply } from "../http/call.ts";
import { invoke } from "../http/invoke.ts";
import { configureLog } from "../log.ts";
import type { Caller } from "../services/caller.ts";
import type { Engine } from "../services/engine.ts";
import type { AuditEntry } from "../store/store.ts";
import { nameCommandLine } from "./account.ts";
import { CommandError, type CommandLine } from "./command.ts";

export interface LocalEngine {
  engine: Engine;
  /** Who the audit trail says it was. */
  by: string;
  /** Runs an endpoint of the catalogue. Throws CommandError with the text of a refusal. */
  call<Name extends EndpointName>(
    name: Name,
    params: Partial<ParamsOf<Catalogue[Name]>> & Record<string, unknown>,
  ): Promise<Reply<ValueOf<Catalogue[Name]>>>;
  /** Writes the audit row of a command that is no endpoint. */
  audit(action: string, success: boolean, info: string): Promise<void>;
}

/** Opens the data directory of `line`, runs `work`, closes. Errors: CommandError, and those of assembleEngine. */
export async function withLocalEngine<T>(line: CommandLine, work: (local: LocalEngine) => Promise<T>): Promise<T> {
  const { dataDir } = line;
  if (!existsSync(databasePath(dataDir)) || !existsSync(keysPath(dataDir)))
    throw new CommandError(
      `${dataDir} holds no database or no keys: give the data directory by --data, or make one: ostiary init`,
    );
  const settings = line.settings();
  // Only what keeps the command from its work; the rest belongs into the log of the server.
  configureLog("error");
  const { engine, close } = await assembleEngine(dataDir, settings, { beside: true });
  const by = nameCommandLine();
  const caller: Caller = { role: "admin", origin: "command line", username: by, realm: "", authtype: "command line" };
  try {
    return await work({
      engine,
      by,
      call: (name, params) =>
        invoke(engine, caller, name, params).catch((error: unknown) => {
          throw error instanceof ApiError ? new CommandError(error.message.replace(/^ERR-?\d+: /, "")) : error;
        }),
      async audit(action, success, info) {
        const audit = describeCommandRun(action, success, info, by, engine.now());
        await engine.store.commit({ kind: "write", statements: [], touches: ["none"], audit });
      },
    });
  } finally {
    await close();
  }
}

/** The audit row of a command. */
export function describeCommandRun(action: string, success: boolean, info: string, by: string, at: number): AuditEntry {
  const nobody = { serial: null, tokenType: null, user: null, realm: null, resolver: null, client: null, policies: null };
  return { ...nobody, startedAt: at, duration: 0, action, success, info, administrator: by, actionDetail: "command line" };
}
