// A whole engine inside the test process, without a port: quick to start, with a clock the test moves. For everything that
// needs no second process (no kill, no raw sockets).
//
//   const app = await startApp();
//   const answer = await app.api("POST", "/validate/check", { user: "alice", pass: "123456" });
//   await app.stop();
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleEngine } from "../../engine/assemble.ts";
import { createDataDirectory } from "../../engine/cli/data-directory.ts";
import { loadSettings, type Settings } from "../../engine/config.ts";
import { createApp } from "../../engine/http/app.ts";
import { configureLog } from "../../engine/log.ts";
import type { Engine } from "../../engine/services/engine.ts";
import { renderMetrics } from "../../engine/services/metrics.ts";
import { answerRequest } from "./answer-request.ts";
import { type ApiAnswer, type ApiOptions, type ApiParams, callApi } from "./call-api.ts";
import { makeDataDir, removeDataDir } from "./data-dir.ts";
import { findUndocumented } from "./documented.ts";
import { ledgerIsOpen, noteTold, noteTrail } from "./ledger.ts";

export const adminName = "admin";
export const adminPassword = "correct horse battery staple";

/** The cheapest hash there is, no waiting for refused log-ins, no budgets: tests of those say so themselves. */
const QUICK: Record<string, string> = {
  "hash.memory_kib": "8",
  "hash.iterations": "1",
  "pin.reject_floor": "false",
  "guard.user": "off",
  "guard.auth": "off",
};

export interface TestApp {
  engine: Engine;
  settings: Settings;
  dataDir: string;
  adminToken: string;
  /** One call; `token` in the options replaces the administrator's, "" sends none. */
  api<T = unknown>(method: string, path: string, params?: ApiParams, options?: ApiOptions): Promise<ApiAnswer<T>>;
  /** A request as it is, through the same front as those of the network; `peer` is the client's address. */
  send(request: Request, peer?: string): Promise<Response>;
  /** So many milliseconds pass, on both clocks of the engine. */
  advance(ms: number): void;
  /** Somebody sets the clock of the machine: the time of day jumps, and no time passes. */
  setClock(byMs: number): void;
  /** Writes a passwd file into users/ and makes a resolver and a realm of it (the first one becomes the default). */
  addRealm(realm: string, lines: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param overrides settings by key, as text; they win over the quick ones */
export async function startApp(overrides: Record<string, string> = {}, startAt = Date.now()): Promise<TestApp> {
  if (ledgerIsOpen) configureLog("debug", (line) => noteTold("log", line));
  const dataDir = makeDataDir();
  const flags = Object.entries({ ...QUICK, ...overrides }).map(([key, text]) => ({ key, text, from: "test" }));
  const settings = loadSettings({ dataDir, env: {}, flags });
  await createDataDirectory(dataDir, settings, { username: adminName, password: adminPassword });
  const startedTick = performance.now();
  let moved = 0;
  let set = 0;
  const tick = () => moved + (performance.now() - startedTick);
  const now = () => Math.round(startAt + set + tick());
  const { engine, close } = await assembleEngine(dataDir, settings, { now, tick });
  const app = createApp(engine);
  const send = async (request: Request, peer = "127.0.0.1") => {
    const { method, url } = request;
    const response = await answerRequest(app, request, peer);
    const type = response.headers.get("content-type")?.split(";", 1)[0] ?? "";
    const text = await response.clone().text();
    const problem = findUndocumented(method, new URL(url).pathname, { status: response.status, type, text });
    if (problem !== null) throw new Error(problem);
    return response;
  };
  const call = <T>(method: string, path: string, params?: ApiParams, options?: ApiOptions) =>
    callApi<T>("http://localhost", method, path, params, options, (url, init) => send(new Request(url, init)));
  const login = await call<{ token: string }>("POST", "/auth", { username: adminName, password: adminPassword });
  const adminToken = login.value?.token ?? "";
  return {
    engine,
    settings,
    dataDir,
    adminToken,
    api: (method, path, params, options) => call(method, path, params, { token: adminToken, ...options }),
    send,
    advance(ms) {
      moved += ms;
    },
    setClock(byMs) {
      set += byMs;
    },
    async addRealm(realm, lines) {
      const file = join(dataDir, "users", realm);
      writeFileSync(file, `${lines.join("\n")}\n`);
      const made = await call("POST", `/resolver/${realm}`, { type: "passwdresolver", Filename: file }, { token: adminToken });
      const joined = await call("POST", `/realm/${realm}`, { resolvers: realm }, { token: adminToken });
      if (made.error || joined.error) throw new Error(JSON.stringify([made.error, joined.error]));
    },
    async stop() {
      noteTold("metrics", renderMetrics(engine));
      await close();
      noteTrail(dataDir);
      removeDataDir(dataDir);
    },
  };
}
