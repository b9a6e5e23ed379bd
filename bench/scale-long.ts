// Long work on a big directory: searches by value, proofs, rotations, a backup. Each is done once and says in a sentence what it did.
import { statSync } from "node:fs";
import { join } from "node:path";
import type { TestServer } from "../test/kit/start-server.ts";
import type { SeedSizes } from "./seed.ts";

export interface LongWork {
  name: string;
  /** How long log-ins run beside it, milliseconds. */
  windowMs: number;
  targetMs?: number;
  run(): Promise<string>;
}

interface Place {
  server: TestServer;
  /** For what is written. */
  room: string;
  sizes: SeedSizes;
}

const longWindow = 8000;

/** One command of the command line, ended by SIGTERM after `forMs`: it then stops after what is under way. Gives its JSON. */
async function runCommand(server: TestServer, args: string[], forMs?: number): Promise<Record<string, unknown>> {
  const main = join(import.meta.dir, "..", "engine", "main.ts");
  const child = Bun.spawn([process.execPath, main, ...args, "--json", "--data", server.dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const timer = forMs === undefined ? undefined : setTimeout(() => child.kill("SIGTERM"), forMs);
  const text = await child.stdout.text();
  clearTimeout(timer);
  const code = await child.exited;
  if (code !== 0 && forMs === undefined) throw new Error(`${args.join(" ")} ended with ${code}: ${text}`);
  return JSON.parse(text || "{}");
}

export function createLongWork({ server, room, sizes }: Place): LongWork[] {
  return [
    {
      name: "long: getserial among some 4,000",
      windowMs: 3000,
      async run() {
        const answer = await server.api<{ count: number }>("GET", "/token/getserial/87654321", { serial: "OATH77" });
        return `${answer.value?.count ?? answer.text} tokens`;
      },
    },
    {
      name: "long: getserial among all of eight digits, as a job",
      windowMs: longWindow,
      async run() {
        const begun = performance.now();
        const { detail } = await server.api("GET", "/token/getserial/12345678", { background: 1 });
        const path = `/job/${String(detail?.job)}`;
        let done = 0;
        // Of six digits one in a million fits by chance, and two that fit end the search.
        for (let state = "running"; state === "running" && performance.now() - begun < longWindow; ) {
          await Bun.sleep(200);
          const { value } = await server.api<{ state: string; done: number }>("GET", path);
          state = String(value?.state);
          done = value?.done ?? 0;
        }
        await server.api("DELETE", path);
        return `${Math.round(done / ((performance.now() - begun) / 1000))} tokens a second`;
      },
    },
    {
      name: "long: audit verify",
      windowMs: longWindow,
      async run() {
        const begun = performance.now();
        await runCommand(server, ["audit", "verify"]);
        return `${Math.round(sizes.rows / (performance.now() - begun))} rows a millisecond`;
      },
    },
    {
      name: "long: audit rotate, 100,000 rows or a tenth",
      windowMs: longWindow,
      async run() {
        const { value } = await server.api<{ count: number }>("GET", "/audit/", { page_size: 1 });
        const count = value?.count ?? 0;
        const keep = Math.max(Math.floor(count * 0.9), count - 100_000);
        const done = await runCommand(server, [
          "audit",
          "rotate",
          "--highwatermark",
          String(keep),
          "--lowwatermark",
          String(keep),
        ]);
        return `${done.removed} of ${count} rows removed`;
      },
    },
    {
      name: "long: key rotate",
      windowMs: longWindow,
      async run() {
        const begun = performance.now();
        const { resealed } = await runCommand(server, ["key", "rotate"], longWindow);
        return `${Math.round(Number(resealed) / ((performance.now() - begun) / 1000))} values a second`;
      },
    },
    {
      name: "long: backup",
      windowMs: longWindow,
      async run() {
        const to = join(room, "backup.tar.gz");
        await runCommand(server, ["backup", "--to", to, "--without-keys"]);
        return `${Math.round(statSync(to).size / 2 ** 20)} MiB`;
      },
    },
  ];
}
