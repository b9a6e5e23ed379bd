// TLS as clients meet it (docs/tls.md): a server in a process of its own, openssl and node:tls on the other side.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { makePair, openssl, type PairFiles } from "./kit/certificates.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import { openRaw } from "./kit/raw-http.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";

setDefaultTimeout(60_000);

const LOGIN = "serial=ONE&pass=sesame";
const env = { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" };
const folder = makeDataDir();
afterAll(() => removeDataDir(folder));

/** The port that speaks TLS; that of the kit is the plain one. */
const securePort = (server: TestServer): number => Number(/listening on https:\/\/[^:]+:(\d+)/.exec(server.output())?.[1]);

async function startTls(pair: PairFiles, settings: Record<string, string> = {}): Promise<TestServer> {
  const all = {
    "tls.certificate_file": pair.certificate,
    "tls.key_file": pair.key,
    "tls.renewal_seconds": "1",
    "server.listen_plain": "127.0.0.1:0",
    "log.level": "debug",
    ...settings,
  };
  const server = await startServer({ env, args: Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${value}`]) });
  await server.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
  return server;
}

interface Line {
  socket: TLSSocket;
  /** Common name of the certificate that the server showed. */
  shown: string;
  /** One request; the whole answer. Rejects if the connection breaks before it. */
  ask(request: string): Promise<string>;
}

/** A connection that is kept. Rejects if the handshake fails. */
function openLine(port: number, options: ConnectionOptions = {}): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    let fail: (error: Error) => void = reject;
    let come: (text: string) => void = () => {};
    let text = "";
    socket.on("error", (error) => fail(error));
    socket.on("close", () => fail(new Error("closed")));
    socket.on("data", (chunk) => {
      text += chunk;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0 || text.length < end + 4 + length) return;
      come(text);
      text = "";
    });
    socket.on("secureConnect", () => {
      const { CN } = socket.getPeerCertificate().subject;
      resolve({
        socket,
        shown: String(CN),
        ask: (request) =>
          new Promise((answer, refuse) => {
            come = answer;
            fail = refuse;
            socket.write(request);
          }),
      });
    });
  });
}

const login = `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${LOGIN.length}\r\n\r\n${LOGIN}`;

/** One log-in on a connection of its own; what became of it. */
async function logIn(port: number, options: ConnectionOptions = {}): Promise<string> {
  try {
    const line = await openLine(port, options);
    const answer = await line.ask(login);
    line.socket.destroy();
    return answer.includes('"value":true') ? "accepted" : answer;
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : error}`;
  }
}

/** What `openssl s_client` prints. */
async function client(port: number, options: string, typed = ""): Promise<string> {
  const child = Bun.spawn(
    [
      "sh",
      "-c",
      `(sleep 0.1; printf '${typed}'; sleep 0.2) | timeout 5 openssl s_client -connect 127.0.0.1:${port} ${options} 2>&1`,
    ],
    { stdout: "pipe" },
  );
  return child.stdout.text();
}
const cipherOf = (printed: string): string => /Cipher is (\S+)/.exec(printed)?.[1] ?? "(NONE)";

describe.skipIf(!openssl)("one server with TLS", () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startTls(makePair(folder, "first", { name: "first" }));
    port = securePort(server);
  });
  afterAll(() => server?.stop());

  test("log-ins are answered; HSTS goes over TLS and never over plain HTTP (RFC 6797 7.2)", async () => {
    const line = await openLine(port);
    const answer = await line.ask(login);
    line.socket.destroy();
    expect(answer).toStartWith("HTTP/1.1 200");
    expect(answer.toLowerCase()).toContain("strict-transport-security: max-age=31536000\r\n");
    const plain = await server.api("POST", "/validate/check", { serial: "ONE", pass: "sesame" });
    expect([plain.value, plain.headers.get("strict-transport-security")]).toEqual([true, null]);
  });
  test("the address of the client reaches the audit trail as over plain HTTP", async () => {
    const rows = await server.api<{ auditdata: { client: string }[] }>("GET", "/audit/", { action: "*validate/check*" });
    expect(new Set(rows.value?.auditdata.map(({ client: address }) => address))).toEqual(new Set(["127.0.0.1"]));
  });
  // The alert tells why: an old version would find no suite in common, either, if it were allowed.
  const REFUSED: [what: string, options: string, alert: string][] = [
    ["TLS 1.0", "-tls1 -cipher DEFAULT@SECLEVEL=0", "alert protocol version"],
    ["TLS 1.1", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", "alert protocol version"],
    ["CBC", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384@SECLEVEL=0", "alert handshake failure"],
  ];
  for (const [what, options, alert] of REFUSED) {
    test(`refused: ${what}`, async () => {
      const printed = await client(port, options);
      expect(cipherOf(printed)).toBe("(NONE)");
      expect(printed).toContain(alert);
    });
  }
  const TAKEN: [options: string, cipher: string][] = [
    ["-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
    ["-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"],
    ["-tls1_3", "TLS_AES_256_GCM_SHA384"],
  ];
  for (const [options, cipher] of TAKEN) {
    test(`taken: ${options}`, async () => {
      expect(cipherOf(await client(port, options))).toBe(cipher);
    });
  }
  test("a client can not renegotiate", async () => {
    expect(await client(port, "-tls1_2", "R\\n")).toContain("no renegotiation");
  });
  test("plain HTTP on the port of TLS, and garbage: closed, and others go on", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.status,
      () => null,
    );
    expect(answer).toBeNull();
    expect(await logIn(port)).toBe("accepted");
  });
  test("the metrics know when the certificate ends", async () => {
    const [, seconds] =
      /^ostiary_tls_certificate_expiry_seconds (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text()) ?? [];
    expect(Number(seconds) - Date.now() / 1000).toBeWithin(88 * 86400, 91 * 86400);
  });
});

describe.skipIf(!openssl)("renewal", () => {
  test("log-ins over kept and new connections go on while the certificate changes; broken files are refused", async () => {
    const live = makePair(folder, "live", { name: "old" });
    const server = await startTls(live);
    const port = securePort(server);
    const metric = async () =>
      /^ostiary_tls_renewals_refused_total (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
    const kept = await Promise.all([openLine(port), openLine(port, { maxVersion: "TLSv1.2" })]);
    const outcomes: Record<string, number> = {};
    let going = true;
    const count = (outcome: string) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    const loops = [
      ...kept.map(async (line) => {
        while (going) count(await line.ask(login).then((text) => (text.includes('"value":true') ? "kept" : text), String));
      }),
      ...[1, 2].map(async () => {
        while (going) count(await logIn(port));
      }),
    ];
    const put = (pair: PairFiles) => {
      // As renewal tools do it: the one after the other, each whole.
      copyFileSync(pair.certificate, `${live.certificate}.new`);
      renameSync(`${live.certificate}.new`, live.certificate);
      copyFileSync(pair.key, `${live.key}.new`);
      chmodSync(`${live.key}.new`, 0o600);
      renameSync(`${live.key}.new`, live.key);
    };
    const shows = async (name: string) => {
      const line = await openLine(port);
      line.socket.destroy();
      return line.shown === name;
    };
    const until = async (done: () => Promise<boolean>) => {
      const deadline = Date.now() + 20_000;
      while (!(await done())) {
        if (Date.now() > deadline) throw new Error(`in vain; the server says:\n${server.output()}`);
        await Bun.sleep(20);
      }
    };
    // By itself.
    put(makePair(folder, "second", { name: "second" }));
    await until(() => shows("second"));
    // By signal, many times.
    for (let i = 0; i < 5; i++) {
      put(makePair(folder, `next${i}`, { name: `next${i}` }));
      process.kill(server.pid, "SIGHUP");
      await until(() => shows(`next${i}`));
    }
    // Broken: the last good one stays.
    writeFileSync(live.key, "-----BEGIN PRIVATE KEY-----\nx\n", { mode: 0o600 });
    const before = Number(await metric());
    process.kill(server.pid, "SIGHUP");
    await until(async () => Number(await metric()) > before);
    expect(await shows("next4")).toBe(true);
    // Good but open to others; then mended without a change of the file.
    put(makePair(folder, "last", { name: "last" }));
    chmodSync(live.key, 0o644);
    await until(async () => server.output().includes("has mode 644"));
    expect(await shows("next4")).toBe(true);
    chmodSync(live.key, 0o600);
    await until(() => shows("last"));
    going = false;
    await Promise.all(loops);
    // Those that were there before go on with the certificate they were shown.
    expect(await Promise.all(kept.map(async (line) => (await line.ask(login)).slice(0, 12)))).toEqual(
      Array(2).fill("HTTP/1.1 200"),
    );
    for (const line of kept) line.socket.destroy();
    expect(Object.keys(outcomes).sort()).toEqual(["accepted", "kept"]);
    expect(Math.min(outcomes.accepted ?? 0, outcomes.kept ?? 0)).toBeGreaterThan(20);
    expect(server.output()).toContain("renewed certificate refused, the old one stays");
    expect(await server.stop()).toBe(0);
  });
});

describe.skipIf(!openssl)("connections that stand still", () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startTls(makePair(folder, "bounds"), {
      "server.head_seconds": "1",
      "server.body_seconds": "1",
      "server.idle_seconds": "2",
      "server.connections_per_address": "12",
      "server.connections_uncounted": "",
    });
    port = securePort(server);
  });
  afterAll(() => server?.stop());

  /** Milliseconds until the server closes; `piece` every 100 ms. */
  const closedAfter = (start: string, piece: string) =>
    new Promise<number>((resolve) => {
      const began = performance.now();
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => socket.write(start));
      const timer = setInterval(() => piece !== "" && socket.write(piece), 100);
      socket.on("error", () => {});
      socket.on("data", () => {});
      socket.on("close", () => {
        clearInterval(timer);
        resolve(performance.now() - began);
      });
    });
  const head = "POST /validate/check HTTP/1.1\r\nHost: a\r\n";
  const ROWS: [what: string, start: string, piece: string, least: number, most: number][] = [
    ["a head that never ends", head, "X: y\r\n", 900, 2500],
    ["a second head that never ends", `${login}GET / HTTP/1.1\r\n`, "X: y\r\n", 900, 3000],
    ["a body that never ends", `${head}Content-Length: 5000\r\n\r\n`, "u", 900, 3000],
    ["nothing after the handshake", "", "", 900, 2500],
    ["nothing after an answer", login, "", 1900, 4000],
  ];
  test("each is closed after its time", async () => {
    const silent = openRaw(port).then(async (line) => {
      const began = performance.now();
      await line.readClose();
      return performance.now() - began;
    });
    const times = await Promise.all([...ROWS.map(([, start, piece]) => closedAfter(start, piece)), silent]);
    for (const [index, [what, , , least, most]] of [...ROWS, ["no handshake", "", "", 900, 2500] as const].entries())
      expect([what, Math.max(least, Math.min(most, times[index] ?? 0))]).toEqual([what, times[index] ?? -1]);
  });
  test("one address has so many connections and no more", async () => {
    const lines: Line[] = [];
    for (let i = 0; i < 12; i++) lines.push(await openLine(port));
    const last = await openLine(port).then(
      () => "open",
      () => "refused",
    );
    for (const line of lines) line.socket.destroy();
    expect(last).toBe("refused");
  });
});

describe.skipIf(!openssl)("client certificates", () => {
  const ca = () => makePair(folder, "ca", { name: "Front CA" });
  const reading = ({ certificate, key }: PairFiles) => ({ cert: readFileSync(certificate), key: readFileSync(key) });

  test("required and allowed by name or fingerprint; optional lets in those without one, never a wrong one", async () => {
    const authority = ca();
    const radius = reading(makePair(folder, "radius", { name: "radius1", ca: authority }));
    const other = reading(makePair(folder, "other", { name: "other", ca: authority }));
    const stranger = reading(makePair(folder, "stranger", { name: "radius1" }));
    const printed = Bun.spawnSync(["openssl", "x509", "-in", join(folder, "other.crt"), "-noout", "-fingerprint", "-sha256"]);
    const fingerprint = String(printed.stdout).split("=")[1]?.trim();
    const settings = { "tls.client_ca_file": authority.certificate, "tls.client_allow": "radius1" };
    const pair = makePair(folder, "server");

    const strict = await startTls(pair, { ...settings, "tls.client_certificates": "required" });
    const port = securePort(strict);
    expect(await logIn(port, radius)).toBe("accepted");
    for (const wrong of [{}, other, stranger]) expect(await logIn(port, wrong)).toStartWith("failed");
    expect(strict.output()).toContain("not in tls.client_allow");
    // The plain listener of this machine stays open for health checks.
    expect((await fetch(`${strict.url}/healthz`)).status).toBe(200);
    await strict.stop();

    const open = await startTls(pair, {
      ...settings,
      "tls.client_certificates": "optional",
      "tls.client_allow": `sha256:${fingerprint}`,
    });
    const openPort = securePort(open);
    expect(await Promise.all([{}, other].map((one) => logIn(openPort, one)))).toEqual(["accepted", "accepted"]);
    for (const wrong of [radius, stranger]) expect(await logIn(openPort, wrong)).toStartWith("failed");
    await open.stop();
  });
});

describe.skipIf(!openssl)("a start that is refused", () => {
  const ROWS: [what: string, prepare: (pair: PairFiles) => void, says: RegExp][] = [
    ["a key for everybody", ({ key }) => chmodSync(key, 0o644), /mode 644.*chmod 600/],
    ["another key", ({ key }) => copyFileSync(join(folder, "another.key"), key), /is not the key of/],
    ["no certificate in the file", ({ certificate }) => writeFileSync(certificate, "hello"), /holds no certificate/],
  ];
  for (const [what, prepare, says] of ROWS) {
    test(what, async () => {
      makePair(folder, "another");
      const pair = makePair(folder, "refused");
      prepare(pair);
      const dataDir = makeDataDir();
      const args = [
        "--listen",
        "127.0.0.1:0",
        "--set",
        `tls.certificate_file=${pair.certificate}`,
        "--set",
        `tls.key_file=${pair.key}`,
      ];
      const { code, stderr } = await runOstiary(["serve", "--data", dataDir, ...args], {
        env: { ...env, PATH: process.env.PATH ?? "" },
      });
      removeDataDir(dataDir);
      expect([code, says.test(stderr)]).toEqual([1, true]);
    });
  }
});
