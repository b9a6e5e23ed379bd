// Users, realms and user sources at the site (config-and-tokens.md D03, D10-D14, D16, D20, D25, E, F): from a server that knows nobody to
// a person with a token; in both languages and themes, narrow and wide.
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  findBarriers,
  hasBrowser,
  LOOKS,
  logIn,
  openAsAdmin,
  overflowOf,
  type PageOptions,
  ready,
  startSite,
  type TestSite,
} from "./kit/site.ts";
import { adminName, adminPassword } from "./kit/start-server.ts";

setDefaultTimeout(60_000);

const MARKUP = `<img src=x onerror="document.title='owned'">`;

let site: TestSite;
let file = "";
beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startSite();
  file = `${site.engine.dataDir}/users/people`;
  const people = Array.from(
    { length: 30 },
    (_, n) => `user${n + 1}:x:${1000 + n}:1:First${n + 1} Last${30 - n},,,,u${n + 1}@example.com:/:`,
  );
  await Bun.write(
    file,
    [...people, `=cmd:x:2000:1:${MARKUP}:/:`, "dora:x:2001:1:Dora Doe:/:"].map((line) => `${line}\n`).join(""),
  );
  await Bun.write(`${site.engine.dataDir}/users/broken`, "alice:x:1:1::/:/bin/sh\nno colon\n");
}, 120_000);
afterEach(() => {
  if (site) expect(site.takeComplaints()).toEqual([]);
});
afterAll(() => site?.stop());

const open = (path: string, options?: PageOptions) => openAsAdmin(site, path, options);
const listed = async (path: string) => (await site.engine.api<Record<string, unknown>>("GET", path)).value ?? {};

describe.skipIf(!hasBrowser)("a fresh server (D03)", () => {
  test("offers the next step: a source, tried before it is saved; a realm of it; then its users", async () => {
    const page = await open("/users");
    const main = page.locator("main");
    expect(await findBarriers(page)).toEqual([]);
    await main.locator("[data-first-steps]").getByRole("link", { name: "Create a user source" }).click();
    await page.waitForURL(/resolvers\/-\/new$/);
    await ready(page);
    const form = main.locator("form");
    const verdict = main.locator("[data-verdict]");
    const path = form.getByLabel("File");
    const tryIt = async (value: string) => {
      await path.fill(value);
      await verdict.waitFor({ state: "detached" });
      await form.getByRole("button", { name: "Test" }).click();
      await verdict.waitFor();
      return [await verdict.getAttribute("data-verdict"), await verdict.textContent()];
    };
    // What failed, and what to do about it.
    expect(await tryIt("/etc/shadow")).toEqual(["bad", expect.stringContaining("users.passwd_directories")]);
    expect(await tryIt("people")).toEqual(["bad", expect.stringContaining("must begin at the root")]);
    expect(await tryIt(`${file}-not`)).toEqual(["bad", expect.stringContaining("no such file")]);
    expect(await tryIt(file.replace("people", "broken"))).toEqual(["bad", expect.stringContaining("Line 2")]);
    expect(await tryIt(file)).toEqual(["good", expect.stringContaining("32 users")]);
    expect(await listed("/resolver/")).toEqual({});

    await form.getByRole("button", { name: "Create a user source" }).click();
    await form.getByText("This is needed.").waitFor();
    await form.getByLabel("Name").fill("test");
    await form.getByRole("button", { name: "Create a user source" }).click();
    await form.getByText("not “test”").waitFor();
    await form.getByLabel("Name").fill("people");
    await form.getByLabel("Name").press("Enter");
    await page.waitForURL(/resolvers\/people$/);
    await main.getByText("It is part of no realm.").waitFor();
    await main.getByRole("link", { name: "Create a realm" }).click();
    await page.waitForURL(/source=people$/);
    await ready(page);
    expect(await main.getByRole("checkbox", { name: "people" }).isChecked()).toBe(true);
    await main.getByLabel("Name").fill("home");
    await main.getByRole("button", { name: "Create a realm" }).click();
    await page.waitForURL(/realms\/home$/);
    expect(await listed("/realm/")).toMatchObject({ home: { default: true, resolver: [{ name: "people", priority: null }] } });
    await main.getByRole("link", { name: "Users of this realm" }).click();
    await page.waitForURL(/users\/home$/);
    await page.locator("[data-row='user1@home']").waitFor();
    await page.context().close();
  });

  test("what is refused when it is saved is said in the form, and nothing is stored", async () => {
    const page = await open("/resolvers/-/new");
    await page.getByLabel("Name").fill("gone");
    await page.getByLabel("File").fill(`${file}-not`);
    await page.getByRole("button", { name: "Create a user source" }).click();
    await page.getByRole("alert").getByText("no such file").waitFor();
    expect(Object.keys(await listed("/resolver/"))).toEqual(["people"]);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("link", { name: "Realms" }).first().click();
    await page.waitForURL(/realms$/);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("user sources and realms", () => {
  test("a source saved under another name is a copy (D25); two sources are searched by priority (F05)", async () => {
    const page = await open("/resolvers/people");
    await page.getByLabel("Name").fill("copy");
    await page.getByText("people stays as it is.").waitFor();
    await page.getByRole("button", { name: "Save as a copy" }).click();
    await page.waitForURL(/resolvers\/copy$/);
    expect(await listed("/resolver/")).toMatchObject({
      people: { data: { Filename: file } },
      copy: { data: { Filename: file } },
    });

    await page.goto(`${site.url}/realms/home`);
    await ready(page);
    await page.getByRole("checkbox", { name: "copy" }).check();
    await page.getByText("copy → people").waitFor();
    await page.getByLabel("Priority of people").fill("0");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A whole number from 1 to 999.").waitFor();
    await page.getByLabel("Priority of people").fill("7");
    await page.getByText("people → copy").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The realm home is saved.").waitFor();
    const { home } = (await listed("/realm/")) as { home: { resolver: { name: string; priority: number | null }[] } };
    expect(home.resolver.map(({ name, priority }) => [name, priority])).toEqual([
      ["people", 7],
      ["copy", null],
    ]);
    await page.context().close();
  });

  test("a source that realms use is not deleted: they are named, with the way there; an unused one is", async () => {
    const page = await open("/resolvers");
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "More actions: copy" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByText("part of the realm home").waitFor();
    await dialog.getByRole("button", { name: "Open the realm" }).click();
    await page.waitForURL(/realms\/home$/);
    await page.getByRole("checkbox", { name: "copy" }).uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The realm home is saved.").waitFor();
    await page.goto(`${site.url}/resolvers/copy`);
    await ready(page);
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.waitForURL(/resolvers$/);
    expect(Object.keys(await listed("/resolver/"))).toEqual(["people"]);
    await page.context().close();
  });

  test("a second realm; the name of one that is there is not overwritten (F04); the default moves; delete asks", async () => {
    const page = await open("/realms");
    const dialog = page.getByRole("dialog");
    await page.getByRole("link", { name: "Create a realm" }).click();
    await page.waitForURL(/realms\/-\/new$/);
    await ready(page);
    await page.getByLabel("Name").fill("HOME");
    await page.getByRole("button", { name: "Create a realm" }).click();
    await page.getByText("There is a realm of this name.").waitFor();
    await page.getByLabel("Name").fill("Staff");
    await page.getByRole("checkbox", { name: "people" }).uncheck();
    await page.getByRole("button", { name: "Create a realm" }).click();
    await page.getByText("Choose at least one.").waitFor();
    await page.getByRole("checkbox", { name: "people" }).check();
    await page.getByRole("button", { name: "Create a realm" }).click();
    await page.waitForURL(/realms\/staff$/);

    await page.goto(`${site.url}/realms`);
    await ready(page);
    await page.getByRole("button", { name: "More actions: staff" }).click();
    await page.getByRole("menuitem", { name: "Make it the default" }).click();
    await dialog.getByRole("button", { name: "Make it the default" }).click();
    await page.locator("[data-row=staff]").getByText("Default").waitFor();
    expect(await listed("/realm/")).toMatchObject({ home: { default: false }, staff: { default: true } });
    await page.getByRole("button", { name: "More actions: staff" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.getByText("Nobody can log in by it any more: staff").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.locator("[data-row=staff]").waitFor({ state: "detached" });
    expect(Object.keys(await listed("/realm/"))).toEqual(["home"]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("users", () => {
  test("GET /user/: pages, sorts, filters, and gives the same as a file without formulas (D10)", async () => {
    const page = await open("/users");
    const rows = page.locator("tbody tr");
    expect([await rows.count(), await page.locator("[data-range]").textContent()]).toEqual([25, "1–25 of 32"]);
    await page.getByRole("link", { name: "Last name" }).click();
    await page.waitForURL(/sort=surname/);
    await page.locator("tbody tr:nth-child(3)[data-row='user29@home']").waitFor();
    await page.getByRole("link", { name: "Next page" }).click();
    await page.locator("tbody tr:nth-child(7):last-child").waitFor();
    await page.goto(`${site.url}/users/home?surname=last2`);
    expect(await rows.count()).toBe(11);
    await page.goto(`${site.url}/users/home?userid=${encodeURIComponent(">=2000")}`);
    const csv = await page.evaluate<string>("fetch(document.querySelector('a[download]').href).then((answer) => answer.text())");
    const [head, ...lines] = csv.trimEnd().split("\r\n");
    expect(head).toStartWith('"Log-in name","First name","Last name","Realm"');
    expect(lines.map((line) => line.split(",")[0])).toEqual([`"'=cmd"`, `"dora"`]);
    await page.goto(`${site.url}/users/nowhere`);
    await page.getByText("There is no such page.").first().waitFor();
    site.takeComplaints();
    await page.context().close();
  });

  test("a realm is chosen, or all of them; the file is for administrators only", async () => {
    await site.engine.api("POST", "/resolver/others", { type: "passwdresolver", Filename: file });
    await site.engine.api("POST", "/realm/other", { resolvers: "others" });
    const page = await open("/users?username=dora");
    await page.getByLabel("Realm").selectOption("*");
    await page.waitForURL(/users\/\*\?username=dora$|users\/%2A\?username=dora$/);
    await page.locator("[data-row='dora@other (others)']").waitFor();
    expect(await page.locator("[data-row='dora@home (people)']").count()).toBe(1);
    await page.getByLabel("Realm").selectOption("other");
    await page.locator("[data-row='dora@other']").waitFor();
    // Two sources of one realm that list the same name.
    await site.engine.api("POST", "/realm/other", { resolvers: "others,people" });
    await page.reload();
    await page.locator("[data-row='dora@other (people)']").waitFor();
    expect(await page.locator("[data-row='dora@other (others)']").count()).toBe(1);
    const answer = await fetch(`${site.url}/users/home/-/csv`);
    expect(answer.status).toBe(401);
    await site.engine.api("DELETE", "/realm/other");
    await site.engine.api("DELETE", "/resolver/others");
    await page.context().close();
  });

  test("a person: a token is assigned by a part of its serial number, only free ones are offered (D13); figures and history follow", async () => {
    await site.engine.api("POST", "/token/init", { type: "spass", serial: "FREE0042" });
    await site.engine.api("POST", "/token/init", { type: "spass", serial: "TAKEN0042", user: "user1", realm: "home" });
    const page = await open("/users/home/dora");
    const main = page.locator("main");
    const dialog = page.getByRole("dialog");
    expect(await main.locator("[data-count=tokens]").textContent()).toBe("0");
    await main.getByText("No token yet").waitFor();
    await main.getByRole("button", { name: "Assign a token" }).first().click();
    await dialog.getByLabel("Serial number").pressSequentially("0042");
    await page.locator("datalist option[value=FREE0042]").waitFor({ state: "attached" });
    expect(await page.locator("datalist option").count()).toBe(1);
    await dialog.getByLabel("Serial number").fill("FREE0042");
    await dialog.getByLabel("PIN").fill("pin");
    await dialog.getByRole("button", { name: "Assign a token" }).click();
    await main.locator("[data-row=FREE0042]").waitFor();
    await main.locator("[data-count=tokens]").getByText("1").waitFor();
    await main.getByText("POST /token/assign").waitFor();
    expect((await site.engine.api("POST", "/validate/check", { user: "dora", realm: "home", pass: "pin" })).value).toBe(true);

    // All her tokens at once, and each by its own menu.
    await main.getByRole("button", { name: "More actions", exact: true }).click();
    await page.getByRole("menuitem", { name: "Disable all tokens" }).click();
    await dialog.getByRole("button", { name: "Disable all tokens" }).click();
    await page.getByText("1 token is changed.").waitFor();
    await main.locator("[data-count=enabled]").getByText("0").waitFor();
    await main.getByRole("button", { name: "More actions: FREE0042" }).click();
    await page.getByRole("menuitem", { name: "Enable" }).click();
    await main.locator("[data-count=enabled]").getByText("1").waitFor();
    expect(await main.locator("[data-count=accepted]").textContent()).toBe("1");
    const audit = await main.getByRole("link", { name: "Whole history in the audit trail" }).getAttribute("href");
    expect(audit).toEndWith("/audit?user=dora&realm=home");
    // D12: enrol with her preselected, by Alt+E too.
    await page.keyboard.press("Alt+e");
    await page.waitForURL(/tokens\/new\?user=dora&realm=home$/);
    await page.context().close();
  });

  test("names full of markup are text (XSS); whoever is not there is not found", async () => {
    const page = await open("/users/home");
    await page.locator("[data-row='=cmd@home']").waitFor();
    await page.goto(`${site.url}/users/home/%3Dcmd`);
    expect(await page.locator("main").textContent()).toContain("onerror=");
    expect([await page.title(), await page.locator("main img").count()]).toEqual(["=cmd · Ostiary", 0]);
    for (const name of ["nobody", "user*", "*"]) {
      const answer = await page.goto(`${site.url}/users/home/${encodeURIComponent(name)}`);
      expect([name, answer?.status()]).toEqual([name, 404]);
    }
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("every page", () => {
  test.each(LOOKS)("is free of barriers and fits its window: $width px, $theme, $lang", async (look) => {
    const page = await site.openPage(look);
    await logIn(page, site, adminName, adminPassword);
    const paths = [
      "/users",
      "/users/home?username=nobody",
      "/users/home/dora",
      "/realms",
      "/realms/home",
      "/realms/-/new",
      "/resolvers",
      "/resolvers/people",
      "/resolvers/-/new",
    ];
    for (const path of paths) {
      await page.goto(site.url + path);
      await ready(page);
      expect([path, await findBarriers(page), await overflowOf(page)]).toEqual([path, [], 0]);
    }
    await page.context().close();
  });
});
