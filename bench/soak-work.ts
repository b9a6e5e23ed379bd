// What else goes on beside log-ins: one list of everything a server of an organisation is asked for all day, wrong and broken
// requests included. Each is done in turn, for ever; an answer of 500 or none at all is a fault of the soak.
import { connect } from "node:net";
import type { TestServer } from "../test/kit/start-server.ts";
import { adminName, adminPassword } from "../test/kit/start-server.ts";
import { nameUser } from "./otps.ts";

interface Work {
  name: string;
  /** Once in so many turns. */
  every?: number;
  run: (server: TestServer, turn: number) => Promise<unknown>;
}

/** Refused with a status, as it should be. */
const MAY_REFUSE = (status: number) => status < 500 || status === 503;

const call = (method: string, path: string, params: (turn: number) => Record<string, unknown> = () => ({})): Work["run"] => {
  return async (server, turn) => {
    const { status, text } = await server.api(method, path, params(turn));
    if (!MAY_REFUSE(status)) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
  };
};

/** `users`: how many there are; `serials`: those of tokens that nobody else uses. */
export function listWork(users: number): Work[] {
  const user = (turn: number) => nameUser(turn % users);
  return [
    { name: "wrong OTP", run: call("POST", "/validate/check", (turn) => ({ user: user(turn), pass: "000000x" })) },
    { name: "unknown user", run: call("POST", "/validate/check", (turn) => ({ user: `nobody${turn}`, pass: "123456" })) },
    { name: "first page of tokens", run: call("GET", "/token/", () => ({ page: 1, pagesize: 15 })) },
    { name: "tokens by text", run: call("GET", "/token/", (turn) => ({ serial: `*${turn % 1000}*`, pagesize: 15 })) },
    { name: "tokens of a user", run: call("GET", "/token/", (turn) => ({ user: user(turn) })) },
    { name: "users by text", run: call("GET", "/user/", (turn) => ({ username: `*${turn % 1000}*` })) },
    { name: "audit page", run: call("GET", "/audit/", () => ({ page: 1, page_size: 10 })) },
    { name: "audit by user", run: call("GET", "/audit/", (turn) => ({ user: user(turn), page_size: 10 })) },
    { name: "system settings", run: call("GET", "/system/") },
    { name: "setting written", every: 20, run: call("POST", "/system/setConfig", (turn) => ({ soak: String(turn) })) },
    { name: "enrol with QR, test, delete", every: 3, run: enrolAndDelete },
    { name: "administrator logs in", every: 5, run: logIn },
    { name: "wrong password", every: 15, run: call("POST", "/auth", () => ({ username: adminName, password: "wrong" })) },
    { name: "broken bodies", run: sendBroken },
    { name: "hangs up", run: hangUp },
    { name: "audit as CSV", every: 300, run: call("GET", "/audit/audit.csv", () => ({ timelimit: "1m" })) },
    { name: "health and figures", run: call("GET", "/metrics") },
  ];
}

async function enrolAndDelete(server: TestServer, turn: number): Promise<void> {
  const serial = `SOAK${turn}`;
  const type = turn % 2 === 0 ? "hotp" : "totp";
  for (const [method, path, params] of [
    ["POST", "/token/init", { type, genkey: "1", serial, pin: "soak" }],
    ["POST", "/validate/check", { serial, pass: "soak000000" }],
    ["POST", "/token/disable", { serial }],
    ["POST", `/token/info/${serial}/note`, { value: "soak" }],
    ["DELETE", `/token/${serial}`, {}],
  ] as const) {
    await call(method, path, () => params)(server, turn);
  }
}

async function logIn(server: TestServer): Promise<void> {
  const answer = await server.api("POST", "/auth", { username: adminName, password: adminPassword });
  if (answer.status >= 400 && answer.status !== 429 && answer.status !== 401 && answer.status !== 503)
    throw new Error(`/auth: ${answer.status} ${answer.text}`);
}

async function sendBroken(server: TestServer, turn: number): Promise<void> {
  const bodies = ["{", '{"user":', "user=%&pass=%zz", "\u0000", "a=".repeat(3000), `${"[".repeat(200)}`];
  const type = turn % 2 === 0 ? "application/json" : "application/x-www-form-urlencoded";
  const answer = await fetch(`${server.url}/validate/check`, {
    method: "POST",
    headers: { "content-type": type },
    body: bodies[turn % bodies.length] ?? "",
  });
  await answer.arrayBuffer();
  if (!MAY_REFUSE(answer.status)) throw new Error(`a broken body got ${answer.status}`);
}

/** Half a head, half a body, or a whole request whose answer nobody reads. */
function hangUp(server: TestServer, turn: number): Promise<void> {
  const whole = `POST /validate/check HTTP/1.1\r\nHost: soak\r\nContent-Length: 24\r\n\r\nuser=nobody&pass=1234567`;
  const part = whole.slice(0, [30, whole.length - 10, whole.length][turn % 3]);
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(part, () => socket.destroy()));
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });
}

/** Does the work of the list in turn with `pauseMs` between, until `signal`. Gives how often each was done and what went wrong. */
export async function keepWorking(server: TestServer, work: readonly Work[], pauseMs: number, signal: AbortSignal) {
  const done: Record<string, number> = {};
  const faults: string[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    for (const { name, every = 1, run } of work) {
      if (turn % every !== 0 || signal.aborted) continue;
      await run(server, turn).catch((error: unknown) => void faults.push(`${name}: ${error}`));
      done[name] = (done[name] ?? 0) + 1;
      await Bun.sleep(pauseMs);
    }
  }
  return { done, faults };
}
