// The self-service, as a user sees and does it: wizard, add, test, remove, PIN, repair, loss, in both languages and themes, narrow and
// wide, by keyboard; and what an operator makes his own (EW-01..05, FQ-04..10). After every test nothing may have been refused by the
// policy of the page, and no script may have failed.
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { decodeBase32 } from "../engine/core/base32.ts";
import { hotpValue } from "../engine/core/hotp.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import {
  findBarriers,
  hasBrowser,
  LOOKS,
  logIn,
  overflowOf,
  type PageOptions,
  ready,
  startSite,
  type TestSite,
} from "./kit/site.ts";

setDefaultTimeout(60_000);

const SECRET = "3132333435363738393031323334353637383930";
const value = (counter: number, key: Uint8Array = Buffer.from(SECRET, "hex")) => hotpValue("sha1", key, counter, 6);
/** crypt(3), SHA-512, of "secret". */
const HASH = "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1";
const MARKUP = `<img src=x onerror="document.title='owned'">"'`;
/** Users with one thing to do each, so that no test waits for another. */
const people = ["alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi"];

let site: TestSite;
let custom: string;
beforeAll(async () => {
  if (!hasBrowser) return;
  custom = makeDataDir();
  const write = (name: string, text: string) => Bun.write(join(custom, name), text);
  await write(
    "logo.svg",
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#0f766e"/></svg>`,
  );
  await write(
    "theme.css",
    ":root { --color-accent-fill: #0f766e; --color-page: url(http://evil.invalid/x); } body { display: none }",
  );
  await write("texts.en.json", `{"login.lead": "Sign in to Example", "no.such.text": "x"}`);
  await write(
    "footer.html",
    `</div></main><p>Call <a href="tel:+4912">12</a> <a id=bad href="javascript:document.title='owned'">13</a><script>document.title='owned'</script>`,
  );
  await write(
    "menu.html",
    `<strong>Help desk</strong><style>body{display:none}</style><img src="logo.svg" onload="document.title='owned'">`,
  );
  await write("token.enroll.pre.top.html", "<p>Before, above</p>");
  await write("token.enroll.pre.bottom.html", "<p>Before, below</p>");
  await write("token.enroll.post.top.html", "<p>After, above</p>");
  await write("token.enroll.post.bottom.html", "<p>After, below</p>");
  await write("token.enroll.pre.top.de.html", "<p>Vorher, oben</p>");
  site = await startSite({ config: { title: "Example Sign-in", customization: custom } });
  const file = `${site.engine.dataDir}/users/passwd`;
  await Bun.write(file, `${people.map((name, at) => `${name}:${HASH}:${at + 1}:1:${name}:/:`).join("\n")}\n`);
  await site.engine.api("POST", "/resolver/people", { type: "passwdresolver", Filename: file });
  await site.engine.api("POST", "/realm/home", { resolvers: "people" });
  const enrol = (params: Record<string, unknown>) => site.engine.api("POST", "/token/init", params);
  await enrol({ type: "totp", serial: "A1", user: "alice", genkey: 1, description: MARKUP });
  await enrol({ type: "hotp", serial: "A2", user: "alice", otpkey: SECRET });
  await enrol({ type: "totp", serial: "A3", user: "alice", genkey: 1, description: "Old phone" });
  await site.engine.api("POST", "/token/disable/A3");
  for (const [serial, user] of [
    ["B1", "bob"],
    ["C1", "carol"],
    ["D1", "dan"],
  ])
    await enrol({ type: "hotp", serial, user, otpkey: SECRET, description: "My device" });
}, 120_000);
afterEach(() => {
  if (site) expect(site.takeComplaints()).toEqual([]);
});
afterAll(async () => {
  await site?.stop();
  if (custom) removeDataDir(custom);
});

async function open(user: string, path: string, options: PageOptions = {}) {
  const page = await site.openPage(options);
  await logIn(page, site, user, "secret", path);
  return page;
}
const tokensOf = async (user: string) => {
  const path = `/token/?user=${user}&realm=home`;
  const { body } = await site.engine.api<{ tokens: { serial: string; active: boolean; description: string }[] }>("GET", path);
  return body?.result?.value?.tokens ?? [];
};

describe.skipIf(!hasBrowser)("every page", () => {
  test.each(LOOKS)("is free of barriers, fits its window and names no standard: $width px, $theme, $lang", async (look) => {
    const page = await open("alice", "/my", look);
    const check = async (what: string) => {
      expect([what, await findBarriers(page), await overflowOf(page)]).toEqual([what, [], 0]);
      const words = (await page.locator("main").textContent()) ?? "";
      expect(words.replaceAll(/(TOTP|OATH)\d\w+/g, "")).not.toMatch(/TOTP|HOTP|SHA|HMAC|counter|Zähler/i);
    };
    await check("list");
    expect(await page.title()).not.toContain("owned");
    await page.locator("[data-serial=A2]").getByRole("button").first().click();
    await page.getByRole("dialog").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.goto(`${site.url}/my/new`);
    await ready(page);
    await check("choice");
    await page.locator("main form button[type=submit]").click();
    await page.locator("[name=code]").waitFor();
    await page.locator("main summary").click();
    await check("scan");
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the wizard (EW-01)", () => {
  test("leads who has no token through the first one: reduced page, no choice, snippets (EW-02, EW-04), first code proved", async () => {
    const page = await open("erin", "/my");
    await page.waitForURL(/\/welcome$/);
    expect(await page.locator("nav").count()).toBe(0);
    expect(await findBarriers(page)).toEqual([]);
    await page.getByText("Before, above").waitFor();
    await page.getByText("Before, below").waitFor();
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByText("After, above").waitFor();
    await page.getByText("After, below").waitFor();
    expect(await page.getByText("Before, above").count()).toBe(0);
    await page.getByText("You can not scan it?").click();
    const key = decodeBase32(((await page.locator("[data-key]").textContent()) ?? "").replaceAll(" ", ""));
    await page.locator("[name=code]").fill("000000");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await page.locator("[name=code]").fill(value(Math.floor(Date.now() / 30_000), key));
    await page.keyboard.press("Enter");
    await page.getByText("Done. It works.").waitFor();
    expect(await page.content()).not.toContain("otpauth:");
    await page.getByRole("link", { name: "Go to my overview" }).click();
    await page.locator("article").waitFor();
    expect(await tokensOf("erin")).toHaveLength(1);
    await page.context().close();
  });

  test("can be put off; the list then offers the next step, and a snippet has a language (EW-04)", async () => {
    const page = await open("frank", "/my", { lang: "de" });
    await page.getByText("Vorher, oben").waitFor();
    await page.getByRole("link", { name: "Nicht jetzt" }).click();
    await page.getByText("Sie haben noch nichts eingerichtet").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole("main").getByRole("link", { name: "Hinzufügen" }).click();
    await page.waitForURL(/\/my\/new$/);
    await page.context().close();
  });

  test("is nothing for who has a token", async () => {
    const page = await open("bob", "/welcome");
    await page.waitForURL(/\/my\?later$/);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("add", () => {
  test("who leaves before the first code was right takes the token back", async () => {
    const page = await open("grace", "/my/new");
    await page.getByRole("button", { name: "Set it up now" }).click();
    await page.locator("[name=code]").waitFor();
    expect(await tokensOf("grace")).toHaveLength(1);
    page.once("dialog", (dialog) => void dialog.accept());
    const deleted = page.waitForResponse((response) => response.url().endsWith("/api/call"));
    await page.getByRole("navigation").getByRole("link", { name: "How you log in" }).click();
    await deleted;
    expect(await tokensOf("grace")).toEqual([]);
    await page.context().close();
  });

  test("by keyboard, with a name and a PIN: Alt+E, Alt+R, code, Enter", async () => {
    const page = await open("heidi", "/my?later");
    await page.keyboard.press("Alt+e");
    await page.waitForURL(/\/my\/new$/);
    await ready(page);
    await page.getByText("Name and PIN").click();
    await page.getByLabel("Name", { exact: false }).first().fill("My phone");
    await page.locator("[name=pin]").fill("12 34");
    await page.keyboard.press("Alt+r");
    await page.getByText("You can not scan it?").click();
    const key = decodeBase32(((await page.locator("[data-key]").textContent()) ?? "").replaceAll(" ", ""));
    await page.locator("[name=code]").fill(value(Math.floor(Date.now() / 30_000), key));
    await page.keyboard.press("Enter");
    await page.getByText("Done. It works.").waitFor();
    expect((await tokensOf("heidi")).map(({ description }) => description)).toEqual(["My phone"]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("what can be done with a token", () => {
  test("test: a refusal says what to try, a right code that it works; PIN; repair by two codes", async () => {
    const page = await open("bob", "/my");
    const card = page.locator("[data-serial=B1]");
    const dialog = page.getByRole("dialog");
    const choose = async (name: string) => {
      await card.getByRole("button", { name: /More actions/ }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await card.getByRole("button", { name: "Test" }).click();
    await dialog.getByLabel("Code").fill("000000");
    await page.keyboard.press("Enter");
    await dialog.getByText("Wait for the next code").waitFor();
    await dialog.getByLabel("Code").fill(value(0));
    await page.keyboard.press("Enter");
    await dialog.getByText("“My device” is ready.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();

    await choose("Set a PIN");
    await dialog.locator("[name=otppin]").fill("4711");
    await dialog.locator("[name=again]").fill("4712");
    await page.keyboard.press("Enter");
    await dialog.getByText("The two PINs are not the same.").waitFor();
    await dialog.locator("[name=again]").fill("4711");
    await page.keyboard.press("Enter");
    await page.getByText("The PIN of My device is set.").waitFor();

    await choose("Codes are refused");
    await dialog.getByLabel("The code it shows now").fill(value(60));
    await dialog.getByLabel("The next code").fill(value(61));
    await page.keyboard.press("Enter");
    await page.getByText("My device works again.").waitFor();

    await card.getByRole("button", { name: "Test" }).click();
    await dialog.locator("[name=pin]").fill("4711");
    await dialog.getByLabel("Code").fill(value(62));
    await page.keyboard.press("Enter");
    await dialog.getByText("“My device” is ready.").waitFor();
    await page.context().close();
  });

  test("rename, and remove after a question; who has none left comes to the wizard", async () => {
    const page = await open("carol", "/my");
    await page.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Key fob");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Key fob" }).waitFor();
    await page.getByRole("button", { name: "Remove" }).click();
    expect(await tokensOf("carol")).toHaveLength(1);
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.waitForURL(/\/welcome$/);
    expect(await tokensOf("carol")).toEqual([]);
    await page.context().close();
  });

  test("lost: it is turned off, the next step is offered; found again, it is turned on", async () => {
    const page = await open("dan", "/my");
    await page.getByRole("button", { name: /More actions/ }).click();
    await page.getByRole("menuitem", { name: "I lost it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
    await page.getByText("You are safe").waitFor();
    expect((await tokensOf("dan")).map(({ active }) => active)).toEqual([false]);
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.getByRole("dialog").getByRole("link", { name: "Add a new one" }).getAttribute("href")).toMatch(
      /\/my\/new$/,
    );
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Turn on" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Turn on" }).click();
    await page.getByText("Ready", { exact: true }).waitFor();
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("what the operator made his own", () => {
  test("title, logo, theme, texts, menu and footer are there; nothing of them runs or reaches out of its place", async () => {
    const page = await site.openPage();
    await page.goto(`${site.url}/login`);
    await ready(page);
    expect(await page.title()).toBe("Log in · Example Sign-in");
    await page.getByText("Sign in to Example").waitFor();
    const look = (expression: string) => page.evaluate<string | number>(expression);
    expect(await look(`document.querySelector('main img[src*="custom/logo.svg"]').naturalWidth`)).toBeGreaterThan(0);
    expect(await look(`getComputedStyle(document.querySelector("button[type=submit]")).backgroundColor`)).toBe(
      "rgb(15, 118, 110)",
    );
    const footer = page.locator("footer .own-html");
    expect(await footer.locator("a").first().getAttribute("href")).toBe("tel:+4912");
    expect(await footer.locator("a").nth(1).getAttribute("href")).toBe(null);
    await logIn(page, site, "alice", "secret");
    const menu = page.getByRole("navigation").locator(".own-html");
    expect(await menu.innerHTML()).toContain('<strong>Help desk</strong><img src="/custom/logo.svg" alt="">');
    // Below the path of the site (EW-05). A drawing that is opened by itself does nothing.
    const drawing = await fetch(`${site.url}/custom/logo.svg`);
    expect(drawing.headers.get("content-security-policy")).toContain("sandbox");
    expect((await fetch(`${site.url}/custom/texts.en.json`)).status).toBe(404);
    expect(await (await fetch(`${site.url}/custom/theme.css`)).text()).toBe(":root {\n  --color-accent-fill: #0f766e;\n}\n");
    await page.context().close();
  });
});
