// Out of file descriptors: who is connected goes on to log in, new connections wait, nothing crashes, /readyz says why, and with more
// of them all is as before. By default connections leave 256 descriptors for everything else; here the limit is lowered under the server.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canLimit, countDescriptors, limit } from "./kit/disturb.ts";
import { openRaw, type RawLine } from "./kit/raw-http.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, type TestToken } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

describe.skipIf(!canLimit)("no file descriptors left", () => {
  let server: TestServer;
  let token: TestToken;
  let line: RawLine;
  beforeAll(async () => {
    server = await startServer({ env: { ...QUICK_ENV, OSTIARY_GUARD_USER: "off", OSTIARY_AUDIT_CHECKPOINT_SECONDS: "1" } });
    token = await enrol(server);
    // Reading it takes a thread of its own.
    mkdirSync(join(server.dataDir, "gpg"));
    writeFileSync(join(server.dataDir, "gpg", "vendor.asc"), "no key");
    line = await openRaw(server.port);
    await ask("GET /healthz");
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  const ask = async (head: string, form = "") => {
    const type = "Content-Type: application/x-www-form-urlencoded";
    line.write(
      `${head} HTTP/1.1\r\nHost: a\r\nAuthorization: ${server.adminToken}\r\n${type}\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
    );
    const answer = await line.readAnswer();
    if (answer === null) throw new Error(`the server closed:\n${server.output()}`);
    return { status: answer.status, text: answer.body };
  };
  const logIn = async (counter: number) => {
    const { status, text } = await ask("POST /validate/check", `serial=${token.serial}&pass=${token.value(counter)}`);
    return [status, (JSON.parse(text) as { result: { value?: boolean } }).result.value];
  };

  test("log-ins go on, lists and searches are answered or refused with 503, the server lives, and it is over by itself", async () => {
    const lift = limit(server.pid, "nofile", countDescriptors(server.pid) + 2);
    const others = await Promise.all(Array.from({ length: 30 }, () => openRaw(server.port)));
    for (let counter = 0; counter < 20; counter++) expect(await logIn(counter)).toEqual([200, true]);
    for (const path of ["/token/", "/audit/", "/token/", "/audit/", "/system/gpgkeys", "/openapi.json"])
      expect((await ask(`GET ${path}`)).status, path).toSatisfy((status) => status === 200 || status === 503);
    let told = "";
    for (const end = performance.now() + 10_000; !told.includes("no file descriptors") && performance.now() < end; ) {
      told = (await ask("GET /readyz")).text;
      await Bun.sleep(50);
    }
    expect(told).toContain("no file descriptors are left");
    expect(server.output().match(/no file descriptors are left/g)?.length ?? 0).toBeLessThan(5);
    expect(await logIn(20)).toEqual([200, true]);

    lift();
    // Those that waited are served.
    for (const other of others) {
      other.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      expect((await other.readAnswer())?.status).toBe(200);
      other.close();
    }
    for (const path of ["/token/", "/audit/"]) expect((await server.api("GET", path)).status).toBe(200);
    expect((await check(server, { serial: token.serial, pass: token.value(21) })).accepted).toBe(true);
    while ((await ask("GET /readyz")).text.includes("descriptors")) await Bun.sleep(50);
  });
});
