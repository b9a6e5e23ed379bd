// The site as a program: started by the engine or alone, below a path, behind a proxy, and how little its end means to the engine.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:net";
import { join } from "node:path";
import { buildSite } from "../engine/cli/site/build.ts";
import { hashSources, root } from "../engine/cli/site/sources.ts";
import { hasBrowser, logIn, startSite, type TestSite } from "./kit/site.ts";
import { adminName, adminPassword, QUICK_ENV, startServer } from "./kit/start-server.ts";

setDefaultTimeout(60_000);
beforeAll(async () => {
  await buildSite({ tell: () => console.error("building the site for its tests …") });
}, 120_000);

/** Waits for a line that a program prints. */
async function waitFor(read: () => string, pattern: RegExp): Promise<string> {
  const end = Date.now() + 15_000;
  for (;;) {
    const [, found] = pattern.exec(read()) ?? [];
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`never printed ${pattern}:\n${read()}`);
    await Bun.sleep(20);
  }
}

const isUp = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

async function waitUntilDown(url: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (await isUp(url)) {
    if (Date.now() > end) throw new Error(`${url} still answers`);
    await Bun.sleep(20);
  }
}

describe("ostiary serve", () => {
  const start = () => startServer({ env: { ...QUICK_ENV, OSTIARY_WEB_LISTEN: "127.0.0.1:0" } });

  test("runs the site beside the engine and stops it with itself", async () => {
    const server = await start();
    const url = await waitFor(server.output, /site on (\S+)/);
    const login = await fetch(`${url}login`, {
      method: "POST",
      body: new URLSearchParams({ username: adminName, password: adminPassword }),
      headers: { origin: new URL(url).origin, accept: "text/html" },
      redirect: "manual",
    });
    expect(login.headers.get("location")).toBe("/dashboard");
    expect(await server.stop()).toBe(0);
    expect(await isUp(url)).toBe(false);
  });

  test("a site that is killed comes again; an engine that is killed leaves none behind", async () => {
    const server = await start();
    const url = await waitFor(server.output, /site on (\S+)/);
    const children = Bun.spawnSync(["pgrep", "-P", String(server.pid)])
      .stdout.toString()
      .trim()
      .split("\n")
      .map(Number);
    expect(children.length).toBe(1);
    process.kill(children[0] ?? 0, "SIGKILL");
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const again = await waitFor(() => server.output().split(url)[1] ?? "", /site on (\S+)/);
    expect(await isUp(again)).toBe(true);
    await server.kill();
    await waitUntilDown(again);
  });

  test("a port that is taken is a line in the log, and no more", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const server = await startServer({ env: { ...QUICK_ENV, OSTIARY_WEB_LISTEN: `127.0.0.1:${port}` } });
    await waitFor(server.output, /(the site ended with \d+ and is started again)/);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    taken.close();
  });
});

test("ostiary web runs the site alone, and says so when the engine is away", async () => {
  const dataDir = (await import("./kit/data-dir.ts")).makeDataDir();
  const main = join(root, "engine", "main.ts");
  const args = ["web", "--data", dataDir, "--engine", "http://127.0.0.1:9", "--web-listen", "127.0.0.1:0"];
  const child = Bun.spawn([process.execPath, main, ...args], {
    env: { PATH: process.env.PATH ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const reading = (async () => {
    for await (const chunk of child.stdout) printed += new TextDecoder().decode(chunk);
  })();
  const url = await waitFor(() => printed, /site on (\S+)/);
  const answer = await fetch(`${url}login`, {
    method: "POST",
    body: new URLSearchParams({ username: "a", password: "b" }),
    headers: { origin: new URL(url).origin, accept: "text/html", "accept-language": "de" },
  });
  expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining("Der Server antwortet nicht.")]);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  await reading;
});

test("a build is kept as long as its sources are the same", async () => {
  const build = await buildSite({ tell: () => expect("built again").toBe("kept") });
  expect(build).toEndWith(hashSources());
});

describe("behind a proxy, below a path", () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await startSite({ config: { url: "https://mfa.example.com/tools/mfa", proxies: ["127.0.0.1"], hstsSeconds: 600 } });
    await site.engine.api("POST", "/system/setConfig", { OverrideAuthorizationClient: "127.0.0.1" });
  });
  afterAll(() => site.stop());
  const bare = () => new URL(site.url).origin;
  const submit = (path: string, origin: string, headers: Record<string, string> = {}) =>
    fetch(bare() + path, {
      method: "POST",
      body: new URLSearchParams({ username: adminName, password: adminPassword }),
      headers: { origin, accept: "text/html", ...headers },
      redirect: "manual",
    });

  test("the path is there or stripped; redirects hold it", async () => {
    for (const path of ["/tools/mfa/tokens?x=1", "/tokens?x=1"]) {
      const response = await fetch(bare() + path, { redirect: "manual" });
      expect(response.headers.get("location")).toBe("/tools/mfa/login?back=%2Ftokens%3Fx%3D1");
    }
    expect((await fetch(`${bare()}/tools/mfa`, { redirect: "manual" })).headers.get("location")).toBe("/tools/mfa/");
    expect((await fetch(`${bare()}/tools/mfax`, { redirect: "manual" })).status).toBe(404);
  });
  test("the cookie is Secure and of this path; HTTPS is demanded", async () => {
    const response = await submit("/login", "https://mfa.example.com");
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Secure-ostiary=[\w-]+; Path=\/tools\/mfa\/; HttpOnly; Secure; SameSite=Lax$/i,
    );
    expect([response.headers.get("location"), response.headers.get("strict-transport-security")]).toEqual([
      "/tools/mfa/dashboard",
      "max-age=600",
    ]);
  });
  test("forms come from that origin alone", async () => {
    for (const origin of [bare(), "http://mfa.example.com", "https://example.com"])
      expect((await submit("/login", origin)).status).toBe(403);
  });
  test("the audit trail has the address of the person; what he says of himself does not count", async () => {
    await submit("/login", "https://mfa.example.com", { "x-forwarded-for": "6.6.6.6, 203.0.113.9" });
    const { value } = await site.engine.api<{ auditdata: { client: string }[] }>("GET", "/audit/", {
      action: "POST /auth",
      page_size: 1,
    });
    expect(value?.auditdata[0]?.client).toBe("203.0.113.9");
  });
});

test("at the root of a host over HTTPS the cookie is __Host-", async () => {
  const site = await startSite({ config: { url: "https://mfa.example.com" } });
  const response = await fetch(`${site.url}/login`, {
    method: "POST",
    body: new URLSearchParams({ username: adminName, password: adminPassword }),
    headers: { origin: "https://mfa.example.com", accept: "text/html" },
    redirect: "manual",
  });
  expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-ostiary=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/i);
  await site.stop();
});

test.skipIf(!hasBrowser)("pages work below a path that the build did not know", async () => {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  const site = await startSite({ config: { port, url: `http://127.0.0.1:${port}/tools/mfa` } });
  await site.engine.api("POST", "/token/init", { type: "spass", serial: "SPASS1" });
  const page = await site.openPage();
  await logIn(page, site, adminName, adminPassword, "/tokens");
  await page.getByRole("link", { name: "SPASS1" }).click();
  await page.waitForURL(/\/tools\/mfa\/tokens\/SPASS1$/);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByText("SPASS1 is disabled.").waitFor();
  await page.reload();
  await page.getByText("Disabled", { exact: true }).waitFor();
  // The engine goes away while somebody works: said in words, with a way to try again.
  await page.goto(`${site.url}/tokens`);
  await page.getByRole("link", { name: "SPASS1" }).waitFor();
  await site.engine.kill();
  await page.getByRole("link", { name: "Description" }).click();
  await page.getByText("The server does not answer.").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.reload();
  await page.getByRole("heading", { name: "That did not work" }).waitFor();
  expect(site.takeComplaints()).toEqual([]);
  await site.stop();
});
