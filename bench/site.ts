// The site in a browser, by the browser's own figures: how much is loaded at first, when something is seen, when the list of tokens
// answers clicks, and whether anything jumps. Each page five times in a fresh profile, without cache; the median counts.
//
//   npm run bench -- site [--tokens 100000] [--data DIR]       wants chromium
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasBrowser, logIn, startSite, type TestSite } from "../test/kit/site.ts";
import { adminName, adminPassword } from "../test/kit/start-server.ts";
import { type Measure, takeMedian, writeReport } from "./report.ts";
import { seed } from "./seed.ts";

const ROUNDS = 5;
const { values } = parseArgs({ options: { tokens: { type: "string", default: "100000" }, data: { type: "string" } } });
const tokens = Number(values.tokens);
const dataDir = values.data ?? join(tmpdir(), `ostiary-bench-site-${tokens}`);

interface Figures {
  scriptKb: number;
  paintMs: number;
  readyMs: number;
  shift: number;
  heldMs: number;
}

/** Runs in the page before anything else. */
const WATCH = `
  window.figures = { shift: 0, heldMs: 0, readyMs: 0, paintMs: 0 };
  const see = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  see("layout-shift", (entry) => { if (!entry.hadRecentInput) figures.shift += entry.value; });
  see("longtask", (entry) => { figures.heldMs += entry.duration; });
  see("largest-contentful-paint", (entry) => { figures.paintMs = entry.startTime; });
  new MutationObserver(() => { if (!figures.readyMs && "ready" in document.documentElement.dataset) figures.readyMs = performance.now(); })
    .observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });`;

const READ = `({ ...figures, scriptKb: performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith(".js")).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1000 })`;

async function measure(site: TestSite, path: string): Promise<Figures> {
  const first = await site.openPage();
  if (path !== "/login") await logIn(first, site, adminName, adminPassword);
  const cookies = await first.context().cookies();
  await first.context().close();
  const rounds: Figures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await site.openPage();
    await page.context().addCookies(cookies);
    await page.addInitScript(WATCH);
    await page.goto(site.url + path, { waitUntil: "networkidle" });
    rounds.push(await page.evaluate<Figures>(READ));
    await page.context().close();
  }
  const middle = (name: keyof Figures) => takeMedian(rounds.map((one) => one[name]));
  return {
    scriptKb: middle("scriptKb"),
    paintMs: middle("paintMs"),
    readyMs: middle("readyMs"),
    shift: Math.max(...rounds.map((one) => one.shift)),
    heldMs: middle("heldMs"),
  };
}

/** From a click in a list that is shown to the rows of the answer. */
async function measureClick(site: TestSite): Promise<number> {
  const page = await site.openPage();
  await logIn(page, site, adminName, adminPassword, "/tokens");
  const times: number[] = [];
  for (let number = 2; number < 2 + ROUNDS; number++) {
    const before = performance.now();
    await page.getByRole("link", { name: "Next page" }).click();
    await page.locator("[data-range]", { hasText: new RegExp(`^${(number - 1) * 25 + 1}–`) }).waitFor();
    await page.locator("section[aria-busy=false]").waitFor();
    times.push(performance.now() - before);
  }
  await page.context().close();
  return takeMedian(times);
}

if (!hasBrowser) process.exit(1);
await seed({ dataDir, tokens, users: Math.max(1000, Math.round(tokens / 5)), rows: 10_000 });
const site = await startSite({ engine: { dataDir } });
const measures: Measure[] = [];
const add = (claim: string, value: number, unit: string, most?: number) =>
  measures.push({ claim, value, unit, ...(most === undefined ? {} : { target: `<= ${most}`, met: value <= most }) });
for (const path of ["/login", "/tokens", "/tokens/new?type=totp"]) {
  const figures = await measure(site, path);
  add(`${path}: scripts at the first load, compressed`, figures.scriptKb, "kB", 150);
  add(`${path}: largest paint`, figures.paintMs, "ms");
  add(`${path}: answers clicks`, figures.readyMs, "ms", path === "/tokens" ? 1000 : undefined);
  add(`${path}: layout shift, worst of ${ROUNDS}`, figures.shift, "", 0.01);
  add(`${path}: main thread held`, figures.heldMs, "ms");
}
add("/tokens: click on the next page to its rows", await measureClick(site), "ms", 1000);
await site.stop({ keep: true });
await writeReport({ bench: "site", hashCost: "as set", settings: { tokens, rounds: ROUNDS }, rows: [], measures });
process.exit(0);
