// Tokens for tests: enrolled with a known seed over the API, asked and looked at over the API and the store.
//
//   const token = await enrol(app, { user: "alice", pin: "secret" });
//   const answer = await check(app, { user: "alice", pass: `secret${token.value(0)}` });
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { hotpValue, type OtpAlgorithm } from "../../engine/core/hotp.ts";
import type { TokenTable } from "../../engine/store/schema.ts";
import type { TokenRecord } from "../../engine/store/store.ts";
import type { ApiAnswer, ApiParams } from "./call-api.ts";
import { adminName, adminPassword, type TestApp } from "./start-app.ts";

/** An app or a server of this kit. */
export type Api = Pick<TestApp, "api">;

export interface TestToken {
  serial: string;
  /** The one-time password at a counter or time step. */
  value(counter: number): string;
}

export interface LoginOutcome {
  accepted: boolean | undefined;
  message: unknown;
  detail: Record<string, unknown> | undefined;
  answer: ApiAnswer<boolean>;
}

/** POST /token/init, type hotp and a random seed unless said otherwise. Throws what the server answered. */
export async function enrol({ api }: Api, params: ApiParams = {}): Promise<TestToken> {
  const seed = crypto.getRandomValues(new Uint8Array(20)).toHex();
  const sent: ApiParams = { type: "hotp", ...(params.type === "spass" ? {} : { otpkey: seed }), ...params };
  const made = await api("POST", "/token/init", sent);
  const serial = made.detail?.serial;
  if (typeof serial !== "string") throw new Error(`no token: ${made.text}`);
  const algorithm = (params.hashlib ?? "sha1") as OtpAlgorithm;
  const digits = Number(params.otplen ?? 6);
  return {
    serial,
    value: (counter) => hotpValue(algorithm, Uint8Array.fromHex(String(sent.otpkey)), counter, digits),
  };
}

/** POST /validate/check without an administrator's token, as plug-ins do. */
export async function check({ api }: Api, params: ApiParams): Promise<LoginOutcome> {
  const answer = await api<boolean>("POST", "/validate/check", params, { token: "" });
  return { accepted: answer.value, message: answer.detail?.message, detail: answer.detail, answer };
}

/** What the server knows of a token now: a copy. */
export async function readToken({ engine }: TestApp, serial: string): Promise<TokenRecord> {
  const record = await engine.store.tokenBySerial(serial);
  if (!record) throw new Error(`no token ${serial}`);
  return { ...record };
}

/** Puts a token into a state no call leads to. */
export async function setColumns(
  { engine }: TestApp,
  serial: string,
  columns: Partial<Record<keyof TokenTable, string | number | null>>,
): Promise<void> {
  const query = engine.store.sql
    .updateTable("token")
    .set((eb) => ({ ...columns, version: eb("version", "+", 1) }) as never)
    .where("serial", "=", serial)
    .compile();
  const outcome = await engine.store.commit({
    kind: "write",
    statements: [{ query, expect: 1 }],
    touches: [{ serials: [serial] }],
  });
  if (!outcome.won) throw new Error(`no token ${serial}`);
}

/** System settings (POST /system/setConfig). Throws what the server answered. */
export async function configure({ api }: Api, settings: ApiParams): Promise<void> {
  const done = await api("POST", "/system/setConfig", settings);
  if (done.error) throw new Error(done.text);
}

/** Fail counter back to 0 (POST /token/reset). */
export async function resetFailCounter({ api }: Api, serial: string): Promise<void> {
  const done = await api("POST", "/token/reset", { serial });
  if (done.error) throw new Error(done.text);
}

/** Moves the clock on to `into` seconds after the beginning of a time step; the next seconds lie in the same half of it. */
export function alignClock(app: TestApp, step: number, into: number): void {
  const seconds = app.engine.now() / 1000;
  app.advance(((((into - seconds) % step) + step) % step) * 1000);
}

/** The app with a token of its administrator that is valid at the moment the clock shows. */
export async function renewAdmin(app: TestApp): Promise<Api> {
  const login = await app.api<{ token: string }>(
    "POST",
    "/auth",
    { username: adminName, password: adminPassword },
    { token: "" },
  );
  const token = login.value?.token;
  if (token === undefined) throw new Error(login.text);
  return { api: (method, path, params, options) => app.api(method, path, params, { token, ...options }) };
}

export interface AuditRow {
  id: number;
  seq: number;
  action: string;
  success: number;
  serial: string | null;
  token_type: string | null;
  user: string | null;
  realm: string | null;
  resolver: string | null;
  administrator: string | null;
  info: string | null;
  client: string | null;
  started_at: number;
  duration: number;
}

/** Audit rows as they stand in the database file, oldest first; `where` is SQL. */
export function readAudit(dataDir: string, where = "1 = 1"): AuditRow[] {
  const db = new Database(join(dataDir, "ostiary.db"), { readonly: true });
  try {
    return db.query<AuditRow, []>(`SELECT * FROM audit WHERE ${where} ORDER BY id`).all();
  } finally {
    db.close();
  }
}

/** A line of a passwd file: login, user id, and a password hash or "*". */
export function passwdLine(login: string, id: number, hash = "*"): string {
  return `${login}:${hash}:${id}:${id}:${login} Tester,,,:/home/${id}:/bin/sh`;
}
