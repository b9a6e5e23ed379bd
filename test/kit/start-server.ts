// A whole server in a process of its own, on a free port, with a data directory of its own: for tests that cross files.
//
//   const server = await startServer();
//   const answer = await server.api("POST", "/validate/check", { user: "alice", pass: "123456" });
//   expect(answer.value).toBe(false);
//   await server.stop();
import { dirname, join } from "node:path";
import { type ApiAnswer, type ApiOptions, type ApiParams, callApi } from "./call-api.ts";
import { makeDataDir, removeDataDir } from "./data-dir.ts";
import { ledgerIsOpen, noteTold, noteTrail } from "./ledger.ts";
import { runOstiary } from "./run-ostiary.ts";

export interface StartOptions {
  /** A directory of an earlier server (a restart); without it a new one is made and initialised. */
  dataDir?: string;
  /** OSTIARY_* variables. Nothing of the caller's environment reaches the server but PATH, HOME and TMPDIR. */
  env?: Record<string, string>;
  /** More arguments of `serve`, such as `["--set", "guard.user=5/60"]`. */
  args?: readonly string[];
  /** false: return at the ready line, for a server that starts locked. Then `adminToken` is "". */
  waitReady?: boolean;
}

export interface TestServer {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** Of the administrator `adminName`; what `api` sends unless told otherwise. */
  readonly adminToken: string;
  /** One call; `token` in the options replaces the administrator's, "" sends none. */
  api<T = unknown>(method: string, path: string, params?: ApiParams, options?: ApiOptions): Promise<ApiAnswer<T>>;
  /** What the server has printed so far, both streams. */
  output(): string;
  /** SIGTERM, waits for the end, gives the exit code. Removes the data directory unless `keep`. */
  stop(options?: { keep?: boolean }): Promise<number>;
  /** SIGKILL, as a power cut does to the process; the data directory stays for a restart. */
  kill(): Promise<void>;
}

export const adminName = "admin";
export const adminPassword = "correct horse battery staple";

/** The cheapest hash there is and no waiting for refused log-ins: for tests that are not about either. */
export const QUICK_ENV = { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1", OSTIARY_PIN_REJECT_FLOOR: "false" };

const patience = 15_000;

// A test that dies leaves no server behind.
const running = new Set<Bun.Subprocess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Initialises (unless `dataDir` is given), starts and logs in. Throws with the server's output when it does not come up.
 * @param options see StartOptions
 */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? makeDataDir();
  if (options.dataDir === undefined) await initialise(dataDir, options.env);

  const child = Bun.spawn(
    [process.execPath, mainFile, "serve", "--data", dataDir, "--listen", "127.0.0.1:0", ...(options.args ?? [])],
    {
      env: { ...pickEnvironment(), OSTIARY_WEB_LISTEN: "off", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  running.add(child);
  child.exited.then(() => running.delete(child));
  let printed = "";
  let sawReady: (url: string) => void = () => {};
  const ready = new Promise<string>((resolve) => {
    sawReady = resolve;
  });
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      printed += decoder.decode(chunk, { stream: true });
      const [, url] = /listening on (http:\/\/[^\s"]+)/.exec(printed) ?? [];
      if (url !== undefined) sawReady(url);
    }
  };
  const streams = [collect(child.stdout), collect(child.stderr)];
  const ended = child.exited.then(async (code) => {
    await Promise.all(streams);
    throw new Error(`the server ended with ${code} before it was ready:\n${printed}`);
  });
  ended.catch(() => {});
  const late = AbortSignal.timeout(patience);
  const tooLate = new Promise<never>((_resolve, reject) => {
    late.addEventListener("abort", () => reject(new Error(`the server was not ready in ${patience} ms:\n${printed}`)));
  });
  tooLate.catch(() => {});

  const start = async (): Promise<{ url: string; adminToken: string }> => {
    const url = await ready;
    if (options.waitReady === false) return { url, adminToken: "" };
    // A connection of its own: the calls of the test get fresh ones.
    while (!(await fetch(`${url}/readyz`, { headers: { connection: "close" } })).ok) await Bun.sleep(10);
    const login = await callApi<{ token: string }>(url, "POST", "/auth", { username: adminName, password: adminPassword });
    if (typeof login.value?.token !== "string") throw new Error(`no token for the administrator: ${login.text}\n${printed}`);
    return { url, adminToken: login.value.token };
  };
  const { url, adminToken } = await Promise.race([start(), ended, tooLate]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });

  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    dataDir,
    adminToken,
    api: (method, path, params = {}, more = {}) => callApi(url, method, path, params, { token: adminToken, ...more }),
    output: () => printed,
    async stop({ keep = false } = {}) {
      if (ledgerIsOpen) await noteMetrics(url);
      child.kill("SIGTERM");
      const code = await child.exited;
      await Promise.all(streams);
      noteOutput(printed);
      noteTrail(dataDir);
      if (!keep) removeDataDir(dataDir);
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
      noteOutput(printed);
    },
  };
}

/** The password of a first start is shown, once and on purpose. */
function noteOutput(printed: string): void {
  noteTold("log", printed.replace(/^ *password {2}.*$/gm, ""));
}

async function noteMetrics(url: string): Promise<void> {
  const page = fetch(`${url}/metrics`, { headers: { connection: "close" }, signal: AbortSignal.timeout(1000) });
  noteTold("metrics", await page.then((answer) => answer.text()).catch(() => ""));
}

const mainFile = join(dirname(dirname(import.meta.dir)), "engine", "main.ts");

/** What a program needs to run at all; settings of the developer's shell stay out. */
function pickEnvironment(): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}

/** `init`: keys, database and the administrator. */
async function initialise(dataDir: string, env: Record<string, string> = {}): Promise<void> {
  const done = await runOstiary(["init", "--data", dataDir, "--admin", adminName, "--password-stdin"], {
    input: `${adminPassword}\n`,
    env: { ...pickEnvironment(), ...env },
  });
  if (done.code !== 0) throw new Error(`init ended with ${done.code}:\n${done.stdout}${done.stderr}`);
}
