// `npm test`: format and lint, types, then every *.test.ts of the workspace; ends with the line `N passed, N failed`.
// Arguments go to `bun test` (`npm test -- login`, `npm test -- -t "replay"`); the two static checks then stay out.
//
// `bun test` counts by itself, but not everything: a file that does not load is missing from its report, and a test that
// calls process.exit leaves no report and exit status 0. Here both count as failures.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseJunit } from "./junit.ts";
import { findLeaks, type Ledger, readLedger } from "./kit/ledger.ts";

const root = dirname(import.meta.dir);
const filters = process.argv.slice(2);
/** Longer than everything together takes on a slow machine, milliseconds. */
const patience = 20 * 60_000;
const optional = { chromium: "chromium", oathtool: "oathtool", openssl: "openssl", strace: "strace", python3: "python3" };

interface Tally {
  passed: number;
  failed: string[];
  skipped: number;
}

/** Runs a program in the root of the workspace with this terminal; its exit status. One that hangs is killed. */
async function runProgram(command: string[], temporary?: string): Promise<number> {
  const running = Bun.spawn(command, {
    cwd: root,
    env: { ...process.env, ...(temporary ? { TMPDIR: temporary, TEST_LEDGER: temporary } : {}) },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: patience,
    killSignal: "SIGKILL",
  });
  return await running.exited;
}

/** One static check counts as one test. */
async function runCheck(tally: Tally, name: string, command: string[]): Promise<void> {
  if ((await runProgram(command)) === 0) tally.passed++;
  else tally.failed.push(name);
}

/** The test files that an unfiltered run must report. */
async function listTestFiles(): Promise<string[]> {
  const files = await Array.fromAsync(new Bun.Glob("**/*.test.ts").scan({ cwd: root }));
  return files.filter((file) => !file.includes("node_modules/")).sort();
}

/** One more test: nothing that servers told in this run holds a secret that the tests used (test/kit/ledger.ts). */
function checkLedger(tally: Tally, folder: string): void {
  let ledger: Ledger;
  try {
    ledger = readLedger(folder);
  } catch (error) {
    // Some files of tests start no server.
    if (filters.length === 0) tally.failed.push(`nothing was noted for the search for secrets: ${error}`);
    return;
  }
  const { told, secrets } = ledger;
  const looked = `${secrets.length} secrets in ${told.split("\n").length} lines of logs, metrics, audit rows and refusals`;
  console.log(`\nLooked for ${looked}`);
  const leaks = findLeaks(ledger);
  if (leaks.length === 0) tally.passed++;
  else tally.failed.push(`secrets in what servers told (${leaks.length} lines):\n    ${leaks.slice(0, 20).join("\n    ")}`);
}

/** Runs `bun test` and adds its report, and what is missing from it, to the tally. */
async function runTests(tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-test-"));
  const reportPath = join(folder, "report.xml");
  const command = [
    process.execPath,
    "test",
    "--timeout=30000",
    "--reporter=junit",
    `--reporter-outfile=${reportPath}`,
    ...filters,
  ];
  // What a test leaves behind lies in this folder and goes with it.
  const status = await runProgram(command, folder);
  const report = Bun.file(reportPath);
  const cases = (await report.exists()) ? parseJunit(await report.text()) : undefined;
  checkLedger(tally, folder);
  rmSync(folder, { recursive: true });

  if (cases === undefined) {
    tally.failed.push(
      `bun test left no report (status ${status}): no file matched, none loaded, it hung, or a test ended the process`,
    );
    return;
  }
  for (const { outcome, file, name, message } of cases) {
    if (outcome === "passed") tally.passed++;
    else if (outcome === "skipped") tally.skipped++;
    else tally.failed.push(`${file}: ${name}\n${message.replace(/^/gm, "    ")}`);
  }
  const seen = new Set(cases.map((one) => one.file));
  if (filters.length === 0) {
    for (const file of await listTestFiles()) {
      if (!seen.has(file)) tally.failed.push(`${file}: not in the report; it did not load, threw outside a test, or has no test`);
    }
  }
  if (cases.length === 0) tally.failed.push("no test ran");
  if (status !== 0 && tally.failed.length === 0) tally.failed.push(`bun test ended with status ${status}: see its output above`);
}

const tally: Tally = { passed: 0, failed: [], skipped: 0 };
if (filters.length === 0) {
  const bin = join(root, "node_modules", ".bin");
  await runCheck(tally, "biome check", [join(bin, "biome"), "check", "."]);
  await runCheck(tally, "tsc --noEmit", [join(bin, "tsc"), "--noEmit", "-p", root]);
  await runCheck(tally, "svelte-check", [process.execPath, join(root, "test", "check-site.ts")]);
}
await runTests(tally);

for (const failure of tally.failed) console.log(`\nFAILED ${failure}`);
const missing = Object.entries(optional).filter(([program]) => Bun.which(program) === null);
if (missing.length > 0) {
  const names = missing.map(([, name]) => name).join(", ");
  console.log(`\nNot installed here: ${names}. Tests that need them are counted as skipped (.ci/run installs them on Debian).`);
}
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
console.log(`\n${tally.passed} passed, ${tally.failed.length} failed${skipped}`);
process.exit(tally.failed.length > 0 || tally.passed === 0 ? 1 : 0);
