// The site as a process of its own. It is told what to do in its environment, ends when this process does, and is started again when
// it dies; whatever happens to it, the engine goes on.
//
//   building ──▶ running ──dies──▶ waiting (1 s, 2 s, 4 s … 60 s) ──▶ running
import { join } from "node:path";
import type { Settings } from "../../config.ts";
import type { Address } from "../../setting-kinds.ts";
import { buildSite } from "./build.ts";
import { bareEnvironment, root } from "./sources.ts";

const LONGEST_WAIT_MS = 60_000;
/** Who ran so long was well: the next wait is the shortest again. */
const WELL_AFTER_MS = 60_000;
const STOP_MS = 3000;

export interface SiteOptions {
  settings: Settings;
  listen: Address;
  /** Address of the engine's REST API. */
  engine: string;
  dataDir: string;
  /** What happens, in words: for the log of an engine, or for the person at a terminal. */
  tell(event: "building" | "ready" | "ended", words: string): void;
}

export interface RunningSite {
  /** Ends when the site is stopped. Error: CommandError if it can not be built. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export function runSite(options: SiteOptions): RunningSite {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = keepRunning(options, signal);
  // Who does not wait for it has heard of a fault by `tell`.
  ended.catch(() => {});
  return {
    ended,
    async stop() {
      stopping.abort();
      await ended.catch(() => {});
    },
  };
}

async function keepRunning(options: SiteOptions, signal: AbortSignal): Promise<void> {
  const build = await buildSite({
    tell: () => options.tell("building", "building the site; this takes about ten seconds, once for each version"),
    signal,
  });
  let wait = 1000;
  while (!signal.aborted) {
    const started = performance.now();
    const code = await runOnce(build, options, signal);
    if (signal.aborted) return;
    if (performance.now() - started > WELL_AFTER_MS) wait = 1000;
    options.tell("ended", `the site ended with ${code} and is started again in ${wait / 1000} s`);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function runOnce(build: string, { settings, listen, engine, dataDir, tell }: SiteOptions, signal: AbortSignal) {
  const config = {
    host: listen.host,
    port: listen.port,
    engine,
    url: settings["web.url"],
    proxies: settings["web.proxies"],
    keyFile: join(dataDir, "site", "session.key"),
    idleMinutes: settings["web.idle_minutes"],
    realms: settings["web.realms"],
    hstsSeconds: settings["tls.hsts_seconds"],
    title: settings["web.title"],
    customization: settings["web.customization"],
    build,
  };
  const child = Bun.spawn([process.execPath, "--no-env-file", "--no-install", join(root, "web", "server", "main.ts")], {
    env: { ...bareEnvironment(), OSTIARY_SITE: JSON.stringify(config) },
    // A pipe nobody writes to: its end tells the site that this process is gone.
    stdio: ["pipe", "pipe", "inherit"],
  });
  const stop = () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), STOP_MS).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) for (const line of decoder.decode(chunk).split("\n")) if (line) tell("ready", line);
  const code = await child.exited;
  signal.removeEventListener("abort", stop);
  return code;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** Where a program of this machine reaches who listens at an address. */
export function toUrl({ host, port }: Address, scheme: "http" | "https" = "http"): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
