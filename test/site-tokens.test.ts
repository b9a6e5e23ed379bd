// Tokens at the site, as an administrator sees and does it: list, page, actions, enrolment, in both languages and themes, narrow and
// wide, by keyboard. After every test nothing may have been refused by the policy of the page, and no script may have failed.
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { hotpValue } from "../engine/core/hotp.ts";
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

/** What an attacker would like a page to run. */
const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>{@html}"'`;
const SECRET = "3132333435363738393031323334353637383930";
const value = (counter: number) => hotpValue("sha1", Buffer.from(SECRET, "hex"), counter, 6);

let site: TestSite;
beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startSite();
  const passwd = ["alice:x:1:1:Alice Adams:/:", "bob:x:2:1:Bob <b>Baker</b>:/:"];
  const file = `${site.engine.dataDir}/users/passwd`;
  await Bun.write(file, `${passwd.join("\n")}\n`);
  await site.engine.api("POST", "/resolver/people", { type: "passwdresolver", Filename: file });
  await site.engine.api("POST", "/realm/home", { resolvers: "people" });
  const enrol = (params: Record<string, unknown>) => site.engine.api("POST", "/token/init", { genkey: 1, ...params });
  for (let number = 10; number < 40; number++)
    await enrol({ type: "totp", serial: `TOTP${number}`, description: `Phone ${number}` });
  await enrol({
    type: "hotp",
    serial: "HOTP1",
    user: "alice",
    pin: "pin",
    otpkey: SECRET,
    genkey: 0,
    description: MARKUP.slice(0, 80),
  });
  await enrol({ type: "spass", serial: "SPASS1", user: "bob", genkey: 0 });
}, 120_000);
afterEach(() => {
  if (site) expect(site.takeComplaints()).toEqual([]);
});
afterAll(() => site?.stop());

const open = (path: string, options?: PageOptions) => openAsAdmin(site, path, options);

describe.skipIf(!hasBrowser)("every page", () => {
  test.each(LOOKS)("is free of barriers and fits its window: $width px, $theme, $lang", async (look) => {
    const page = await site.openPage(look);
    await page.goto(`${site.url}/login`);
    await ready(page);
    expect(await findBarriers(page)).toEqual([]);
    await logIn(page, site, adminName, adminPassword);
    for (const path of [
      "/tokens",
      "/tokens?type=none",
      "/tokens/HOTP1",
      "/tokens/new",
      "/tokens/new?type=totp",
      "/tokens/none",
    ]) {
      await page.goto(site.url + path);
      await ready(page);
      expect([path, await findBarriers(page), await overflowOf(page)]).toEqual([path, [], 0]);
    }
    expect(await page.locator("html").getAttribute("lang")).toBe(look.lang ?? "");
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the list", () => {
  test("sorts, filters, pages; its state is the address, and the way back works", async () => {
    const page = await open("/tokens");
    const rows = page.locator("[data-row]");
    await rows.nth(24).waitFor();
    expect(await rows.count()).toBe(25);
    await page.getByRole("link", { name: "Next page" }).click();
    await page.waitForURL(/page=2/);
    await page.locator("tbody tr:nth-child(7):last-child").waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Filters").selectOption("type");
    await page.getByRole("dialog").getByLabel("Type").selectOption("hotp");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/\?type=hotp$/);
    await page.locator("[data-row=HOTP1]").waitFor();
    expect(await rows.count()).toBe(1);
    await page.goBack();
    await page.waitForURL(/page=2$/);
    await page.locator("tbody tr:nth-child(7):last-child").waitFor();
    await page.goto(`${site.url}/tokens?type=totp`);
    await page.getByRole("link", { name: "Description" }).click();
    await page.waitForURL(/sort=description/);
    await page.getByRole("link", { name: "Description" }).click();
    await page.waitForURL(/dir=desc/);
    await page.locator("tbody tr:first-child[data-row=TOTP39]").waitFor();
    await page.getByRole("button", { name: "Remove the filter Type" }).click();
    await page.waitForURL((url) => !url.search.includes("type="));
    await page.context().close();
  });

  test("columns are chosen and remembered", async () => {
    const page = await open("/tokens");
    const column = page.getByRole("columnheader", { name: "Counter" });
    expect(await column.count()).toBe(0);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menuitem", { name: "Counter" }).click();
    await column.waitFor();
    await page.reload();
    await column.waitFor();
    await page.context().close();
  });

  test("many at once: progress, a report of what failed, and the number is typed before something is gone for good", async () => {
    const page = await open("/tokens?serial=TOTP1*");
    await page.getByLabel("Select all on this page").check();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("10 done, 0 failed").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("[data-row=TOTP10]").getByText("Disabled").waitFor();
    // One of them disappears meanwhile.
    await site.engine.api("DELETE", "/token/TOTP12");
    await page.getByRole("button", { name: "Delete" }).click();
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel("Type 10 to confirm").fill("10");
    await confirm.click();
    await page.getByText("9 done, 1 failed").waitFor();
    expect(await page.getByRole("dialog").textContent()).toContain("TOTP12");
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the page of a token", () => {
  test("markup in descriptions and names is text (XSS)", async () => {
    const page = await open("/tokens/HOTP1");
    expect(await page.title()).toBe("HOTP1 · Ostiary");
    expect(await page.locator("main").textContent()).toContain(MARKUP.slice(0, 80));
    expect(await page.locator("main img, main script").count()).toBe(0);
    await page.goto(`${site.url}/tokens?description=${encodeURIComponent(MARKUP)}`);
    await ready(page);
    expect([await page.title(), await page.locator("main img, main script").count()]).toEqual(["Tokens · Ostiary", 0]);
    await page.goto(`${site.url}/tokens/${encodeURIComponent(MARKUP)}`);
    expect(await page.title()).not.toContain("owned");
    await page.context().close();
  });

  test("test, failed attempts, PIN, disable, enable: each said, and seen in its history", async () => {
    const page = await open("/tokens/HOTP1");
    const main = page.locator("main");
    const dialog = page.getByRole("dialog");
    await main.getByRole("button", { name: "Test" }).click();
    await dialog.getByLabel("PIN and one-time password").fill("pin000000");
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByText("The log-in was refused").waitFor();
    await dialog.getByLabel("PIN and one-time password").fill(`pin${value(0)}`);
    await dialog.getByRole("button", { name: "Test" }).click();
    await page.getByText("The log-in with HOTP1 was accepted.").waitFor();
    await main.getByText("POST /validate/check").first().waitFor();
    await main.getByRole("button", { name: "Set the PIN" }).click();
    await dialog.getByLabel("PIN").fill("new");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("The PIN of HOTP1 is set.").waitFor();
    expect((await site.engine.api("POST", "/validate/check", { serial: "HOTP1", pass: `new${value(1)}` })).value).toBe(true);
    await main.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await main.getByText("Disabled", { exact: true }).waitFor();
    await main.getByRole("button", { name: "Enable" }).click();
    await main.getByText("Active", { exact: true }).waitFor();
    await page.context().close();
  });

  test("a lost token: the password of its replacement is shown once", async () => {
    await site.engine.api("POST", "/token/init", { type: "spass", serial: "SPASS2", user: "bob", pin: "1" });
    const page = await open("/tokens/SPASS2");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "It is lost" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "It is lost" }).click();
    const password = await page.locator("[data-secret]").textContent();
    const { value: accepted } = await site.engine.api("POST", "/validate/check", { user: "bob", pass: `1${password}` });
    expect(accepted).toBe(true);
    await page.getByRole("button", { name: "Close" }).last().click();
    expect(await page.content()).not.toContain(String(password));
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("enrolment", () => {
  test("by keyboard, from Alt+E to a value that was right; the key is gone afterwards", async () => {
    const page = await open("/tokens");
    await page.keyboard.press("Alt+e");
    await page.waitForURL(/\/tokens\/new$/);
    await page.locator("[data-type=hotp]").focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Owner").fill("alice");
    await page.getByLabel("PIN").fill("secret");
    await page.keyboard.press("Alt+r");
    const qr = page.locator("[data-qr]");
    await qr.waitFor();
    expect(await qr.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBeGreaterThan(100);
    await page.getByText("It can not be scanned").click();
    const key = (await page.locator("[data-key]").textContent())?.replaceAll(" ", "") ?? "";
    await page.keyboard.press("Alt+r");
    const otp = page.getByLabel("One-time password");
    await otp.fill("000000");
    await page.keyboard.press("Alt+r");
    await page.getByText("This value is not right").waitFor();
    const { decodeBase32 } = await import("../engine/core/base32.ts");
    await otp.fill(hotpValue("sha1", decodeBase32(key), 0, 6));
    await page.keyboard.press("Enter");
    await page.getByText("Its first value was right.").waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole("link", { name: "Open the token" }).click();
    await page.waitForURL(/\/tokens\/OATH/);
    await page.getByText("alice@home").waitFor();
    await page.context().close();
  });

  test("a token that was not wanted is discarded; faults are said beside the fields", async () => {
    const page = await open("/tokens/new?type=hotp");
    await page.getByLabel("The server makes the key").uncheck();
    await page.getByRole("button", { name: "Enrol a token" }).click();
    await page.getByText("This is needed.").waitFor();
    await page.getByLabel("Key of the device").fill("xyz");
    await page.getByRole("button", { name: "Enrol a token" }).click();
    await page.locator("main [role=alert]").waitFor();
    await page.getByLabel("Key of the device").fill(SECRET);
    await page.getByRole("button", { name: "Enrol a token" }).click();
    await page.getByRole("button", { name: "Discard this token" }).click();
    await page.getByLabel("Key of the device").waitFor();
    const { value: left } = await site.engine.api<{ count: number }>("GET", "/token/", { type: "hotp" });
    expect(left?.count).toBeLessThan(3);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("everywhere", () => {
  test("Ctrl+K finds pages, actions and serial numbers; ? tells the keys; both give focus back", async () => {
    const page = await open("/tokens/SPASS1");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("set the pin");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Set the PIN" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Enrol a token").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("TOTP39");
    await page.getByText("Token TOTP39").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/TOTP39/);
    await page.context().close();
  });

  test("language and theme are chosen in the menu of the account, and stay; log-out ends it", async () => {
    const page = await open("/tokens");
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Deutsch" }).click();
    await page.getByRole("heading", { name: "Token", exact: true }).waitFor();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    await ready(page);
    await page.getByRole("button", { name: /^Konto/ }).click();
    await page.getByRole("menuitem", { name: "Abmelden" }).click();
    await page.getByText("Sie sind abgemeldet.").waitFor();
    await page.goBack();
    await page.waitForURL(/\/login/);
    await page.context().close();
  });

  test("a wrong password is said in words; a session that ended leads back to where one was", async () => {
    const page = await site.openPage();
    await page.goto(`${site.url}/tokens?type=totp`);
    await page.fill('[name="username"]', adminName);
    await page.fill('[name="password"]', "wrong");
    await page.keyboard.press("Enter");
    await page.getByText("User name or password is wrong.").waitFor();
    await page.fill('[name="password"]', adminPassword);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/tokens\?type=totp$/);
    await ready(page);
    await site.engine.api("POST", "/auth/logout/other", { administrator: adminName });
    await page.getByRole("link", { name: "Description" }).click();
    await page.getByText("Your session has ended.").waitFor();
    await page.context().close();
  });
});
