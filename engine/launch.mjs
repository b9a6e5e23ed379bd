#!/usr/bin/env node
// Starts Ostiary on a machine that has Node 18 or later and npm, and nothing else: installs the pinned Bun and the workspace
// when they are missing or out of date, then hands the terminal, the signals and the exit code to Bun.
// `launch.mjs ARGS…` runs engine/main.ts; `launch.mjs --run FILE ARGS…` runs another program of the workspace.
// Plain JavaScript of the Node standard library: it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// realpath: npm and npx call this file through a symlink in node_modules/.bin.
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const bun = join(root, "node_modules", ".bin", "bun");
const stampFile = join(root, "node_modules", ".ostiary-installed");

/** What the installed tree must correspond to: the hash of the lock file and of package.json, which pins Bun. */
function hashOfLock() {
  const hash = createHash("sha256");
  for (const name of ["bun.lock", "package.json"]) hash.update(readFileSync(join(root, name)));
  return hash.digest("hex");
}

/** The stamp of the last complete installation, or undefined. */
function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, "utf8") : undefined;
}

/** Installs the workspace exactly as bun.lock says; quiet unless it fails, then exits with what the installer said. */
function installWorkspace() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const install = ["install", "--frozen-lockfile"];
  // A Bun of the pinned version that is already here needs no npx and so no registry.
  const here = existsSync(bun) ? spawnSync(bun, ["--version"], { encoding: "utf8" }).stdout?.trim() : undefined;
  const [program, args] =
    here === devDependencies.bun ? [bun, install] : ["npx", ["--yes", `bun@${devDependencies.bun}`, ...install]];
  console.error("ostiary: installing dependencies (once, a few seconds) …");
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status === 0 && existsSync(bun)) return;
  console.error(done.stdout ?? "", done.stderr ?? "", done.error?.message ?? "");
  console.error(`ostiary: the installation failed. By hand: cd ${root} && ${program} ${args.join(" ")}`);
  process.exit(1);
}

/**
 * npm passes signals to the shell that runs the script, and that shell dies without passing them on (unless the script says
 * `exec`). A launcher whose npm is gone therefore stops its child, so that no server is left behind holding the port.
 */
function stopWithParent(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 200);
}

/** Runs Bun with the terminal of this process; ends as it ends. */
function runBun(args) {
  // No .env and no bunfig.toml of whatever folder the caller stands in: both could load foreign code or settings.
  const options = [`--config=${join(root, "bunfig.toml")}`, "--no-env-file", "--no-install"];
  const child = spawn(bun, [...options, ...args], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl+C at a terminal reaches the whole process group, Bun included: passing it on would make it two.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  stopWithParent(child);
  child.on("error", (error) => {
    console.error(`ostiary: cannot start ${bun}: ${error.message}`);
    process.exit(1);
  });
  // A child killed by a signal is reported as shells do, 128 + number: npm shows no stack, scripts can test it.
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const lock = hashOfLock();
if (!existsSync(bun) || readStamp() !== lock) {
  installWorkspace();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, lock);
}

const [first, file, ...rest] = process.argv.slice(2);
if (first === "--run") {
  if (file === undefined) {
    console.error("ostiary: --run needs a file of the workspace");
    process.exit(2);
  }
  runBun([resolve(root, file), ...rest]);
} else {
  runBun([join(root, "engine", "main.ts"), ...process.argv.slice(2)]);
}
