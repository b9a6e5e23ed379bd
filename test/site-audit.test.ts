// The audit trail and the dashboard at the site, as an administrator sees them: filters, paging, a row with all its columns, a chain
// that somebody broke, figures; in both languages and themes, narrow and wide.
import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import {
  findBarriers,
  hasBrowser,
  LOOKS,
  openAsAdmin,
  overflowOf,
  type PageOptions,
  ready,
  startSite,
  type TestSite,
} from "./kit/site.ts";

setDefaultTimeout(60_000);

const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>{@html}"'`;

let site: TestSite;
beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startSite();
  const file = `${site.engine.dataDir}/users/passwd`;
  await Bun.write(file, "alice:x:1:1:Alice Adams:/:\nmalice:x:2:1:Mal Ice:/:\n");
  await site.engine.api("POST", "/resolver/people", { type: "passwdresolver", Filename: file });
  await site.engine.api("POST", "/realm/home", { resolvers: "people" });
  await site.engine.api("POST", "/token/init", { type: "spass", serial: "SP1", user: "alice", pin: "good" });
  await site.engine.api("POST", "/token/init", { type: "spass", serial: "SP2", user: "malice", pin: "good" });
  const check = (user: string, pass: string) => site.engine.api("POST", "/validate/check", { user, pass });
  for (let round = 0; round < 30; round++) await check("alice", round % 3 === 0 ? "bad" : "good");
  await check("malice", "good");
  await check(MARKUP, "x");
}, 120_000);
afterEach(() => {
  if (site) expect(site.takeComplaints()).toEqual([]);
});
afterAll(() => site?.stop());

const open = (path: string, options?: PageOptions) => openAsAdmin(site, path, options);

describe.skipIf(!hasBrowser)("every page", () => {
  const looks: PageOptions[] = [...LOOKS, { width: 2560, theme: "dark", lang: "en" }];
  test.each(looks)("is free of barriers and fits its window: $width px, $theme, $lang", async (look) => {
    const page = await open("/login", look);
    // The widest window has the same parts as the wide one.
    const paths = ["/dashboard", "/dashboard?hours=168", "/audit", "/audit?success=0&user=alice", "/audit?user=none", "/audit/5"];
    for (const path of look.width === 2560 ? ["/dashboard", "/audit"] : paths) {
      await page.goto(site.url + path);
      await ready(page);
      expect([path, await findBarriers(page), await overflowOf(page)]).toEqual([path, [], 0]);
    }
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the audit trail", () => {
  test("D14: the link of a user shows his rows and nobody else's; filters are chips, order and page are in the address", async () => {
    const page = await open("/audit?user=alice&realm=home&action=validate");
    const rows = page.locator("tbody tr");
    const texts = await rows.allTextContents();
    expect([texts.length, texts.every((text) => text.includes("alice@home") && !text.includes("malice"))]).toEqual([25, true]);
    expect(await page.locator("[data-filter=user]").textContent()).toContain("alice");
    expect(await page.locator("[data-range]").textContent()).toContain("of 30");
    await page.getByRole("link", { name: "Next page" }).click();
    await page.waitForURL(/page=2/);
    await page.locator("tbody tr:nth-child(5):last-child").waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Filters").selectOption("success");
    await page.getByRole("dialog").getByLabel("Outcome").selectOption("0");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL((url) => url.searchParams.get("success") === "0" && !url.searchParams.has("page"));
    await page.locator("tbody tr:nth-child(10):last-child").waitFor();
    const newest = await rows.first().getAttribute("data-row");
    await page.getByRole("link", { name: "When" }).click();
    await page.waitForURL(/dir=asc/);
    await page.locator(`tbody tr:last-child[data-row="${newest}"]`).waitFor();
    await page.context().close();
  });

  test("a row has an address, all columns, and leads to the token and the user", async () => {
    const page = await open("/audit?user=alice&action=validate&success=1");
    await page.locator("tbody tr a").first().click();
    await page.waitForURL(/\/audit\/\d+$/);
    const main = page.locator("main");
    await main.getByText("This row is what was written").waitFor();
    expect(await main.locator("dt").count()).toBe(21);
    expect(await main.getByRole("link", { name: "alice" }).getAttribute("href")).toMatch(/\/users\/home\/alice$/);
    await main.getByRole("link", { name: "SP1" }).click();
    await page.waitForURL(/\/tokens\/SP1$/);
    for (const path of ["/audit/0", "/audit/x", "/audit/99999999"]) {
      await page.goto(site.url + path);
      await page.getByText("There is no such page.").first().waitFor();
    }
    await page.context().close();
  });

  test("CSV with the filters that are shown", async () => {
    const page = await open("/audit?user=alice&success=0&action=validate");
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export as CSV" }).click();
    const file = await (await coming).path();
    const lines = (await Bun.file(file).text()).trimEnd().split("\n");
    expect([lines.length, lines.every((line) => line.includes("'alice'"))]).toEqual([10, true]);
    await page.context().close();
  });

  test("markup in the values of a row is text, wherever it shows (XSS)", async () => {
    const page = await open("/audit?action=validate&success=0");
    const main = page.locator("main");
    expect(await main.textContent()).toContain(MARKUP.slice(0, 40));
    expect(await main.locator("img, script").count()).toBe(0);
    await page.goto(`${site.url}/audit?user=${encodeURIComponent(MARKUP)}&client=${encodeURIComponent(MARKUP)}`);
    await ready(page);
    expect([await page.title(), await main.locator("img, script").count()]).toEqual(["Audit trail · Ostiary", 0]);
    await page.goto(`${site.url}/dashboard`);
    await ready(page);
    expect([await page.title(), await main.locator("img, script").count()]).toEqual(["Dashboard · Ostiary", 0]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the dashboard", () => {
  test("is where administrators begin; figures of log-ins and tokens, and their names lead to the rows", async () => {
    const page = await open("/login");
    await page.waitForURL(/\/dashboard$/);
    const main = page.locator("main");
    await main.getByText("nothing needs you").waitFor();
    // The chart is a table for who can not see it.
    expect(await main.locator("figure table tbody tr").count()).toBe(24);
    expect(await main.locator("figure table tbody tr").last().textContent()).toMatch(/11$/);
    expect(await main.locator("section[aria-labelledby=types]").textContent()).toContain("2");
    expect(await main.locator("section[aria-labelledby=steps] li").count()).toBeGreaterThan(3);
    await main.getByRole("link", { name: "alice@home" }).click();
    await page.waitForURL((url) => url.pathname.endsWith("/audit") && url.searchParams.get("user") === "alice");
    await page.locator("tbody tr:nth-child(10):last-child").waitFor();
    await page.context().close();
  });

  // Last: the trail is not whole any more afterwards.
  test("a row that somebody changed past the engine: said on the row, the list and the dashboard, with what to do", async () => {
    const db = new Database(join(site.engine.dataDir, "ostiary.db"));
    db.run("PRAGMA busy_timeout = 3000");
    const [row] = db.query<{ id: number }, []>(`SELECT id FROM audit WHERE "user" = 'malice' ORDER BY id DESC LIMIT 1`).all();
    db.run("UPDATE audit SET client = '203.0.113.9' WHERE id = ?", [row?.id ?? 0]);
    db.close();
    const page = await open(`/audit/${row?.id}`);
    await page.getByText("This row can not be trusted").waitFor();
    await page.getByText("ostiary audit verify", { exact: true }).waitFor();
    await page.goto(`${site.url}/audit?user=malice`);
    await page.getByText("not as it was written").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.context().close();
  });
});
