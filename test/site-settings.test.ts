// The site's pages of the system: settings, administrators, API keys, key ring, clients, token groups.
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
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
import { adminName, adminPassword, QUICK_ENV } from "./kit/start-server.ts";

setDefaultTimeout(60_000);

/** What an attacker would like a page to run. */
const MARKUP = `<img src=x onerror="document.title='owned'">`;
const paths = ["/settings", "/admins", "/apikeys", "/keyring", "/clients", "/groups"];

let site: TestSite;
const settings = async () => (await site.engine.api<Record<string, string>>("GET", "/system/")).value ?? {};
const read = async <T>(path: string) => (await site.engine.api<T>("GET", path)).value as T;

beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startSite();
  await site.engine.api("POST", "/token/init", { type: "hotp", genkey: 1, serial: "HOTP1" });
  await site.engine.api("POST", "/tokengroup/hardware", { description: MARKUP });
  await site.engine.api("POST", "/admin/helpdesk", { password: "helpdesk-password", email: "help@example.com" });
  await site.engine.api("POST", "/apikey/", { role: "validate", description: MARKUP });
  await site.engine.api("POST", "/system/setConfig", { "plugin.key": MARKUP });
}, 120_000);
afterEach(() => {
  if (site) expect(site.takeComplaints()).toEqual([]);
});
afterAll(() => site?.stop());

const open = (path: string, options?: PageOptions) => openAsAdmin(site, path, options);
const field = (page: Page, name: string) => page.locator(`[data-setting] [name="${name}"]`);
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const inDialog = (page: Page) => page.getByRole("dialog");
const done = (page: Page, text: string) => page.getByText(text).first().waitFor();
async function fromMenu(page: Page, row: string, action: string) {
  await page.locator("tbody tr", { hasText: row }).getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

describe.skipIf(!hasBrowser)("every page of the system", () => {
  test.each(LOOKS)("is free of barriers and fits its window: $width px, $theme, $lang", async (look) => {
    const page = await open("/settings", look);
    for (const path of [...paths, "/admins?username=nobody"]) {
      await page.goto(site.url + path);
      await ready(page);
      expect([path, await findBarriers(page), await overflowOf(page)]).toEqual([path, [], 0]);
    }
    expect(await page.title()).not.toBe("owned");
    await page.goto(`${site.url}/settings`);
    await ready(page);
    await field(page, "DefaultOtpLen").fill("44");
    await page.keyboard.press("Control+s");
    await page.locator('[data-setting] [aria-invalid="true"]').waitFor();
    expect([await findBarriers(page), await overflowOf(page)]).toEqual([[], 0]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("system settings", () => {
  test("are saved together, marked where they differ, and go back to their defaults (config-and-tokens.md G)", async () => {
    const page = await open("/settings");
    await field(page, "DefaultOtpLen").fill("8");
    await field(page, "PrependPin").uncheck();
    await page.getByText("2 changes are not saved").waitFor();
    await press(page, "Save Ctrl S");
    await done(page, "2 settings saved.");
    expect(await settings()).toMatchObject({ DefaultOtpLen: "8", PrependPin: "False" });
    const row = page.locator('[data-setting="DefaultOtpLen"]');
    expect(await row.textContent()).toContain("Changed");
    expect(await row.textContent()).toContain("Default: 6");

    await press(page, "Changed only");
    expect(await page.locator("[data-setting]").count()).toBe(2);
    for (const name of ["Digits", "PIN before the code"]) await press(page, `Reset ${name} to its default`);
    await page.keyboard.press("Control+s");
    await done(page, "Every setting is at its default.");
    const after = await settings();
    expect([after.DefaultOtpLen, after.PrependPin]).toEqual([undefined, "True"]);
    await page.context().close();
  });

  test("say beside the field what is wrong, by themselves and in the words of the engine; nothing is saved then", async () => {
    const page = await open("/settings");
    await field(page, "DefaultOtpLen").fill("11");
    await page.getByRole("searchbox").fill("totp");
    await page.keyboard.press("Control+s");
    await page.locator('[data-setting="DefaultOtpLen"]').getByText("A whole number from 4 to 10.").waitFor();
    expect(await field(page, "DefaultOtpLen").evaluate((input) => input.ownerDocument.activeElement === input)).toBe(true);
    await field(page, "DefaultOtpLen").fill("7");
    await field(page, "OverrideAuthorizationClient").fill("10.0.0.0/99");
    await page.keyboard.press("Enter");
    await page.locator('[data-setting="OverrideAuthorizationClient"]').getByText("must be a list of chains").waitFor();
    expect((await settings()).DefaultOtpLen).toBeUndefined();
    await press(page, "Discard");
    expect(await field(page, "OverrideAuthorizationClient").inputValue()).toBe("");
    await page.context().close();
  });

  test("are found by name, meaning and key; a page with unsaved changes asks before it is left", async () => {
    const page = await open("/settings");
    await page.keyboard.press("/");
    await page.keyboard.type("hash totp");
    expect(await page.locator("[data-setting]").count()).toBe(1);
    await page.getByRole("searchbox").fill("nothing like it");
    await press(page, "Show all");
    await field(page, "SerialLength").fill("12");
    const asked = page.waitForEvent("dialog").then((dialog) => dialog.dismiss());
    await page.getByRole("link", { name: "Clients", exact: true }).click();
    await asked;
    expect([new URL(page.url()).pathname, await field(page, "SerialLength").inputValue()]).toEqual(["/settings", "12"]);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("link", { name: "Clients", exact: true }).click();
    await page.waitForURL("**/clients");
    await page.context().close();
  });

  test("unknown ones are shown as text and can be deleted", async () => {
    const page = await open("/settings");
    await page.getByText(MARKUP).waitFor();
    await press(page, "Delete the setting: plugin.key");
    await inDialog(page).getByRole("button", { name: "Delete the setting" }).click();
    await done(page, "plugin.key is deleted.");
    expect((await settings())["plugin.key"]).toBeUndefined();
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("administrators (POST /admin/:username, DELETE /admin/:username)", () => {
  test("are made, logged out and deleted; nobody is offered to delete himself, a known name is not overwritten", async () => {
    const page = await open("/admins");
    const create = async (name: string, password: string) => {
      await press(page, "New administrator");
      await inDialog(page).locator('[name="username"]').fill(name);
      await inDialog(page).locator('[name="password"]').fill(password);
      await inDialog(page).getByRole("button", { name: "Create" }).click();
    };
    await create("helpdesk", "another-password");
    await inDialog(page).getByText("There is an administrator helpdesk already.").waitFor();
    await inDialog(page).getByRole("button", { name: "Cancel" }).click();
    await create("bea", "short");
    await inDialog(page).getByText("A password has at least 8 characters.").waitFor();
    await inDialog(page).locator('[name="password"]').fill("long-enough");
    await inDialog(page).getByRole("button", { name: "Create" }).click();
    await done(page, "bea can log in now.");

    const other = await site.openPage();
    await logIn(other, site, "bea", "long-enough", "/admins");
    await fromMenu(page, "bea", "Log out everywhere");
    await inDialog(page).getByRole("button", { name: "Log out everywhere" }).click();
    await done(page, "bea is logged out everywhere.");
    await other.goto(`${site.url}/admins`);
    expect(new URL(other.url()).pathname).toBe("/login");
    await other.context().close();

    await page.locator("tbody tr", { hasText: "You" }).getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Change the password" }).waitFor();
    expect(await page.getByRole("menuitem", { name: "Delete" }).count()).toBe(0);
    await page.keyboard.press("Escape");

    await fromMenu(page, "bea", "Delete the administrator");
    await inDialog(page).getByRole("button", { name: "Delete the administrator" }).click();
    await done(page, "bea is deleted.");
    expect((await read<{ username: string }[]>("/admin/")).map(({ username }) => username)).not.toContain("bea");
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("API keys (POST /apikey/, DELETE /apikey/:id)", () => {
  test("are shown once, work, and are refused after they were revoked", async () => {
    const page = await open("/apikeys");
    await press(page, "New API key");
    await inDialog(page).locator('[name="description"]').fill("nightly import");
    await inDialog(page).locator('[name="role"]').selectOption("admin");
    await inDialog(page).locator('[name="username"]').fill("importer");
    await inDialog(page).locator('[name="days"]').fill("10");
    await inDialog(page).getByRole("button", { name: "Create" }).click();
    const key = (await inDialog(page).locator("[data-secret]").textContent()) ?? "";
    const ask = async () => (await fetch(`${site.engine.url}/admin/`, { headers: { authorization: key } })).status;
    expect(await ask()).toBe(200);
    await inDialog(page).getByRole("button", { name: "Close" }).last().click();
    expect(await page.content()).not.toContain(key);
    await page.locator("tbody tr", { hasText: "nightly import" }).getByText("Ends soon").waitFor();

    await fromMenu(page, "nightly import", "Revoke");
    await inDialog(page).getByRole("button", { name: "Revoke" }).click();
    await done(page, "nightly import is revoked.");
    expect(await ask()).toBe(401);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the key ring (GET /system/keys, POST /system/keys/rotate)", () => {
  test("is rotated: the new key is active and seals every value", async () => {
    const page = await open("/keyring");
    const [before] = await page.locator("tbody td:first-child").allInnerTexts();
    await press(page, "Rotate the key");
    await inDialog(page).getByRole("button", { name: "Start" }).click();
    await done(page, "All values are under the new key.");
    const active = page.locator("tbody tr", { hasText: "Active" });
    await page.locator("tbody tr").nth(1).waitFor();
    expect(await active.locator("td").first().textContent()).not.toBe(before ?? "");
    const { left, keys } = await read<{ left: number; keys: unknown[] }>("/system/keys");
    expect([left, keys.length]).toEqual([0, 2]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("a locked key ring (POST /system/hsm)", () => {
  test("is unlocked by its passphrase; a wrong one is said beside the field", async () => {
    const dataDir = makeDataDir();
    const input = `${adminPassword}\nring-passphrase\n`;
    await runOstiary(["init", "--data", dataDir, "--admin", adminName, "--password-stdin", "--seal"], {
      input,
      env: { PATH: process.env.PATH ?? "", ...QUICK_ENV },
    });
    const locked = await startSite({ engine: { dataDir, waitReady: false } });
    const page = await locked.openPage();
    await logIn(page, locked, adminName, adminPassword, "/keyring");
    await page.getByText("The key ring is locked").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    const unlock = async (passphrase: string) => {
      await inDialog(page).locator('[name="password"]').fill(passphrase);
      await inDialog(page).getByRole("button", { name: "Unlock" }).click();
    };
    await press(page, "Unlock");
    await unlock("not the passphrase");
    await inDialog(page).getByText("The passphrase or PIN is wrong.").waitFor();
    await unlock("ring-passphrase");
    await done(page, "The key ring is open.");
    await page.locator("tbody tr", { hasText: "Active" }).waitFor();
    expect(locked.takeComplaints()).toEqual([]);
    await locked.stop();
  });
});

describe.skipIf(!hasBrowser)("clients and token groups", () => {
  test("GET /client/ (config-and-tokens.md D24): programs with address and time, filtered by the address line", async () => {
    const { port } = site.engine;
    await fetch(`http://127.0.0.1:${port}/validate/check?user=nobody&pass=1`, { headers: { "user-agent": "FreeRADIUS/3.2" } });
    const page = await open("/clients?program=radius");
    const rows = page.locator("tbody tr");
    expect(await rows.count()).toBe(1);
    expect(await rows.first().textContent()).toMatch(/FreeRADIUS[\s\S]*127\.0\.0\.1[\s\S]*(ago|now)/);
    await page.context().close();
  });

  test("a group is made, described, leads to its tokens, and is deleted (rest-api.md 2.10)", async () => {
    const page = await open("/groups");
    await press(page, "New token group");
    await inDialog(page).locator('[name="name"]').fill("no blanks");
    await inDialog(page).getByRole("button", { name: "Create" }).click();
    await inDialog(page).getByRole("alert").waitFor();
    await inDialog(page).locator('[name="name"]').fill("guests");
    await inDialog(page).getByRole("button", { name: "Create" }).click();
    await done(page, "The group guests is there.");
    await fromMenu(page, "guests", "Change the description");
    await inDialog(page).locator('[name="description"]').fill("For a day");
    await inDialog(page).getByRole("button", { name: "Save" }).click();
    await page.locator("tbody").getByText("For a day").filter({ visible: true }).waitFor();
    await page.getByRole("link", { name: "Show the tokens of guests" }).click();
    await page.waitForURL("**/tokens?tokengroup=guests");
    await page.goBack();
    await fromMenu(page, "guests", "Delete the group");
    await inDialog(page).getByRole("button", { name: "Delete the group" }).click();
    await done(page, "guests is deleted.");
    expect(Object.keys(await read<object>("/tokengroup/"))).toEqual(["hardware"]);
    await page.context().close();
  });
});
