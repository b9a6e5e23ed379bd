// Fuzzing from the OpenAPI document: every operation under requests that fit, nearly fit and do not fit at all, by everybody. Never a
// 500, never anything the document does not list (test/kit/documented.ts looks at each answer), never a secret, always soon; and the
// server works afterwards. OSTIARY_FUZZ_SECONDS=600 runs longer, OSTIARY_FUZZ_SEED repeats a run.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { anyRequest, type FuzzRequest, listOperations, type Operation } from "./kit/fuzz-requests.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol } from "./kit/tokens.ts";

const seconds = Number(process.env.OSTIARY_FUZZ_SECONDS ?? 0);
const seed = Number(process.env.OSTIARY_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SLOW_MS = 3000;
const FURNISH_EVERY = 100;

const password = "kaffee-mit-milch";
const secrets = {
  seed: "c0ffee0123456789abcdefc0ffee012345678900",
  pin: "canary-pin-4711",
  setting: "canary-setting-0815",
  password,
  hash: Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 }),
};

let app: TestApp;
/** An administrator whose name no request guesses. */
const keeper = "keeper-of-the-fuzz";
const tokens = { admin: "", user: "", nobody: "", broken: "eyJhbGciOiJub25lIn0.e30." };
let operations: Operation[] = [];

beforeAll(async () => {
  app = await startApp({ "messages.languages": "en,de" });
  writeFileSync(houseFile(), `alice:${secrets.hash}:1:1:Alice:/:/\nbob:x:2:2:Bob:/:/\n`);
  await app.api("POST", `/admin/${keeper}`, { password });
  await furnish();
  const names = { OATH0001A2B3: "OATH1", home: "house", people: "house", "/srv/ostiary/users/passwd": houseFile() };
  operations = listOperations((await (await app.send(new Request("http://localhost/openapi.json"))).json()) as never, names);
});
afterAll(() => app.stop());

const houseFile = () => join(app.dataDir, "users", "house");
/** As the administrator no request guesses. */
const api: typeof app.api = (method, path, params) => app.api(method, path, params, { token: tokens.admin });

/** What requests find; they take it apart, so it is put back now and then. */
async function furnish(): Promise<void> {
  await logIn();
  await api("POST", "/resolver/house", { type: "passwdresolver", Filename: houseFile() });
  await api("POST", "/realm/house", { resolvers: "house" });
  await api("POST", "/defaultrealm/house");
  await api("POST", "/system/setConfig", { canary: secrets.setting, "canary.type": "password" });
  for (const [serial, type, user] of [
    ["OATH1", "hotp", "alice"],
    ["SPASS1", "spass", "bob"],
  ]) {
    const params = { serial, type, user, realm: "house", pin: secrets.pin, ...(type === "hotp" ? { otpkey: secrets.seed } : {}) };
    const made = await api("POST", "/token/init", params);
    if (made.error && made.error.code !== 1007) throw new Error(made.text);
  }
  await logIn();
}

let asked = 0;

/** Requests end sessions, and make alice somebody nobody knows. */
async function logIn(): Promise<void> {
  for (const [caller, username] of [
    ["admin", keeper],
    ["user", "alice"],
  ] as const) {
    const login = await app.api<{ token: string }>("POST", "/auth", { username, password }, { token: "" });
    if (login.value) tokens[caller] = login.value.token;
  }
}

async function ask({ method, target, caller, headers, body }: FuzzRequest) {
  const token = tokens[caller];
  const request = new Request(`http://localhost${target}`, {
    method,
    headers: { ...headers, ...(token ? { authorization: token } : {}) },
    ...(body === null ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  const started = performance.now();
  const response = await app.send(request);
  const text = await response.text();
  const took = performance.now() - started;
  if (response.status === 401 && text.includes('"code":4305')) await logIn();
  return { response, text, took };
}

/** What is wrong with the answer; empty: nothing. */
async function findFaults(request: FuzzRequest): Promise<string[]> {
  const { response, text, took } = await ask(request);
  const told = Object.entries(secrets).filter(([, secret]) => text.includes(secret));
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return [
    ...(response.status >= 500 && response.status !== 503 ? [`status ${response.status}`] : []),
    ...(took > SLOW_MS ? [`took ${Math.round(took)} ms`] : []),
    ...told.map(([name]) => `tells the secret "${name}"`),
    ...(isJson && !isWhole(text) ? ["no JSON"] : []),
    ...(/[\r\n]/.test([...response.headers.values()].join("")) ? ["a broken header"] : []),
  ].map((fault) => `${fault}: ${response.status} ${text.slice(0, 300)}`);
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe(`requests from the OpenAPI document, seed ${seed}`, () => {
  test(
    "whatever is asked: an answer of the document, no 500, no secret, soon",
    async () => {
      const property = fc.asyncProperty(anyRequest(operations), async (request) => {
        if (++asked % FURNISH_EVERY === 0) await furnish();
        expect(await findFaults(request)).toEqual([]);
      });
      const bounds = seconds > 0 ? { numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 1500 };
      await fc.assert(property, { seed, endOnFailure: true, ...bounds });
    },
    (seconds + 120) * 1000,
  );

  test("afterwards the server works: log-in, users, enrolment, check, list", async () => {
    await logIn();
    await api("POST", "/system/setConfig", { splitAtSign: "True", PrependPin: "True", OverrideAuthorizationClient: "" });
    const file = join(app.dataDir, "users", "barn");
    writeFileSync(file, "carol:x:3:3:Carol:/:/\n");
    await api("POST", "/resolver/barn", { type: "passwdresolver", Filename: file });
    await api("POST", "/realm/barn", { resolvers: "barn" });
    const { serial } = await enrol({ api }, { type: "spass", user: "carol", realm: "barn", pin: "sesame" });
    expect((await check(app, { user: "carol", realm: "barn", pass: "sesame" })).accepted).toBe(true);
    const list = await api<{ tokens: { serial: string }[] }>("GET", "/token/", { serial });
    expect(list.value?.tokens.map((token) => token.serial)).toEqual([serial]);
    expect((await app.send(new Request("http://localhost/readyz"))).status).toBe(200);
  });
});
