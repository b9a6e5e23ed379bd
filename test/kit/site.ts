// The site before an engine, in processes of their own, and a browser that looks at it. One of each for a file of tests.
//
//   const site = await startSite();                       // builds the site first, if its sources changed
//   const page = await site.openPage({ width: 390, theme: "dark", lang: "de" });
//   await logIn(page, "admin", adminPassword);
//   await expectAccessible(page);
//   await site.stop();
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildSite } from "../../engine/cli/site/build.ts";
import { toUrl } from "../../engine/cli/site/run.ts";
import { bareEnvironment, root } from "../../engine/cli/site/sources.ts";
import { adminName, adminPassword, QUICK_ENV, type StartOptions, startServer, type TestServer } from "./start-server.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
/** false: tests of pages are skipped, aloud. */
export const hasBrowser = CHROMIUM !== undefined;
if (!hasBrowser) console.error("no chromium here: tests that look at pages are skipped (Debian: apt-get install chromium)");

/** Longer than a page takes on a busy machine, milliseconds. */
const PATIENCE = 15_000;
const READY = /site on (\S+)/;

export interface PageOptions {
  width?: number;
  theme?: "light" | "dark";
  lang?: "en" | "de";
}

export interface TestSite {
  /** http://127.0.0.1:PORT and the base path, without a slash at the end. */
  readonly url: string;
  readonly engine: TestServer;
  /** What the browser complained about since the last look: refused styles and scripts, faults of scripts. */
  takeComplaints(): string[];
  /** A page of a browser profile of its own. */
  openPage(options?: PageOptions): Promise<Page>;
  /** The same site and key again, as after a restart. */
  restart(): Promise<void>;
  /** Removes the data directory of the engine unless `keep`. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

export interface SiteOptions {
  /** Members of SiteConfig (web/server/config.ts) other than the usual ones. */
  config?: Record<string, unknown>;
  engine?: StartOptions;
}

export async function startSite({ config = {}, engine: engineOptions = {} }: SiteOptions = {}): Promise<TestSite> {
  const build = await buildSite({ tell: () => console.error("building the site for its tests …") });
  const engine = await startServer({ ...engineOptions, env: { ...QUICK_ENV, ...engineOptions.env } });
  const settings = {
    host: "127.0.0.1",
    port: 0,
    engine: toUrl({ host: "127.0.0.1", port: engine.port }),
    url: "",
    proxies: [],
    keyFile: join(engine.dataDir, "site", "session.key"),
    idleMinutes: 15,
    realms: [],
    hstsSeconds: 0,
    title: "",
    customization: "",
    build,
    ...config,
  };
  let child = await spawnSite(settings);
  const browser = hasBrowser ? await openBrowser() : null;
  let complaints: string[] = [];

  return {
    url: child.url,
    engine,
    takeComplaints() {
      const taken = complaints;
      complaints = [];
      return taken;
    },
    async openPage({ width = 1440, theme = "light", lang = "en" } = {}) {
      if (!browser) throw new Error("there is no browser: use test.skipIf(!hasBrowser)");
      const context = await browser.newContext({
        viewport: { width, height: width < 500 ? 844 : 900 },
        locale: lang === "de" ? "de-DE" : "en-GB",
        timezoneId: "Europe/Berlin",
        reducedMotion: "reduce",
      });
      context.setDefaultTimeout(PATIENCE);
      await context.addCookies([{ name: "theme", value: theme, url: `${child.url}/` }]);
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        // A refusal that the page shows in words is also a line in the console.
        if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
      });
      return page;
    },
    async restart() {
      await child.stop();
      child = await spawnSite({ ...settings, port: child.port });
    },
    async stop(how) {
      await browser?.close();
      await child.stop();
      await engine.stop(how);
    },
  };
}

function openBrowser(): Promise<Browser> {
  // Root can not use the sandbox of the browser; what it loads here is ours.
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

interface SiteProcess {
  url: string;
  port: number;
  stop(): Promise<void>;
}

async function spawnSite(config: Record<string, unknown>): Promise<SiteProcess> {
  const child = Bun.spawn([process.execPath, join(root, "web", "server", "main.ts")], {
    env: { ...bareEnvironment(), OSTIARY_SITE: JSON.stringify(config) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += new TextDecoder().decode(chunk);
    const [, url] = READY.exec(printed) ?? [];
    if (url === undefined) continue;
    return {
      url: url.replace(/\/$/, ""),
      port: Number(new URL(url).port),
      async stop() {
        child.kill("SIGTERM");
        await child.exited;
      },
    };
  }
  throw new Error(`the site ended before it was ready: ${printed}`);
}

/** Fills in the log-in page, wherever the way back leads. @param start path of the site to ask for first */
export async function logIn(
  page: Page,
  site: Pick<TestSite, "url">,
  username: string,
  password: string,
  start = "/login",
): Promise<void> {
  await page.goto(site.url + start);
  await page.fill('[name="username"]', username);
  await page.fill('[name="password"]', password);
  await page.click('form button[type="submit"]');
  await page.waitForURL((url) => !url.pathname.endsWith("/login"));
  await ready(page);
}

/** What a page has to fit: the two ends of windows, themes and languages. */
export const LOOKS: readonly PageOptions[] = [
  { width: 1440, theme: "light", lang: "en" },
  { width: 390, theme: "dark", lang: "de" },
];

/** A page of the administrator, in a profile of its own. @param path where he begins */
export async function openAsAdmin(site: TestSite, path: string, options: PageOptions = {}): Promise<Page> {
  const page = await site.openPage(options);
  await logIn(page, site, adminName, adminPassword, path);
  return page;
}

/** The scripts of the page are there, so clicks do what they should, and no list waits for its rows. */
export async function ready(page: Page): Promise<void> {
  await page.locator('html[data-ready]:not(:has([aria-busy="true"]))').waitFor();
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds wrong for people with disabilities, by WCAG 2.2 A and AA: one line each. */
export async function findBarriers(page: Page): Promise<string[]> {
  // Not by a script tag: the policy of the page forbids it.
  await page.evaluate(await Bun.file(axe).text());
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: unknown): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      help: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations;
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary.slice(0, 200)}`),
  );
}

/** Wider than its window, a page has to be moved to be read. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)");
}
