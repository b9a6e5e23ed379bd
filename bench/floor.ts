// What the whole login is measured against: a bare Elysia handler that parses the same form and computes the same HMACs for
// TOTP, with the seeds in memory, and stores nothing durable. Usage: bun bench/floor.ts USERS
import { Elysia } from "elysia";
import { findHotp } from "../engine/core/hotp.ts";
import { totpWindow } from "../engine/core/totp.ts";
import { makeSeed, nameUser, stepSeconds, windowSeconds } from "./otps.ts";

interface FloorToken {
  serial: string;
  key: Uint8Array;
  /** The last accepted step. */
  counter: number;
}

/** Runs the floor in a new process; `stop` ends it. */
export async function startFloor(users: number): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const command = [process.execPath, import.meta.path, String(users)];
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_ENV: "production" } });
  const reader = child.stdout.getReader();
  const first = await reader.read();
  const port = Number(new TextDecoder().decode(first.value));
  if (!(port > 0)) throw new Error("the floor did not start");
  const stop = async () => {
    child.kill();
    await child.exited;
  };
  return { port, pid: child.pid, stop };
}

function serveFloor(users: number): number {
  const tokens = new Map<string, FloorToken>();
  for (let n = 0; n < users; n++) tokens.set(nameUser(n), { serial: `B${n}`, key: makeSeed(n), counter: -1 });

  const app = new Elysia().post("/validate/check", ({ body }) => {
    const { user, pass } = body as { user: string; pass: string };
    const token = tokens.get(user);
    const now = Date.now() / 1000;
    const window = totpWindow({ now, step: stepSeconds, windowSeconds, shiftSeconds: 0 });
    const from = Math.max(window.from, (token?.counter ?? 0) + 1);
    const found =
      token === undefined
        ? -1
        : findHotp({
            algorithm: "sha1",
            key: token.key,
            digits: 6,
            otp: pass,
            from,
            until: window.until,
            first: Math.max(from, window.first),
          });
    if (token !== undefined && found >= 0) token.counter = found;
    return {
      id: 1,
      jsonrpc: "2.0",
      result: { status: true, value: found >= 0, authentication: found >= 0 ? "ACCEPT" : "REJECT" },
      time: now,
      version: "privacyIDEA 3.8",
      versionnumber: "3.8",
      detail: { message: "matching 1 tokens", serial: token?.serial, type: "totp", otplen: 6, threadid: 1 },
    };
  });
  app.listen({ hostname: "127.0.0.1", port: 0 });
  return app.server?.port ?? 0;
}

if (import.meta.main) console.log(serveFloor(Number(process.argv[2] ?? 1000)));
