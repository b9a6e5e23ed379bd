// A security module in software for tests: SoftHSM2 with a token of its own, below the system's temporary folder.
//
//   const hsm = await makeSoftHsm();
//   const server = await startServer({ dataDir, env: hsm.env });      the token is found through SOFTHSM2_CONF
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "./data-dir.ts";

const LIBRARIES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];

/** Path of the library; null where Debian's softhsm2 is not installed. */
export const softHsmLibrary: string | null = Bun.which("softhsm2-util")
  ? (LIBRARIES.find((path) => existsSync(path)) ?? null)
  : null;

export interface SoftHsm {
  library: string;
  label: string;
  pin: string;
  /** A file of mode 0600 with the PIN. */
  pinFile: string;
  /** Goes to every process that uses the token. */
  env: { SOFTHSM2_CONF: string };
  /** The lines of ostiary.toml; `change` replaces or adds members. */
  toml(change?: Record<string, string | number>): string;
  /** Takes the token out, as pulling a plug does. */
  takeOut(): void;
  putBack(): void;
}

/** Makes a module with one token, "ostiary". Only where `softHsmLibrary` is not null. */
export function makeSoftHsm(): SoftHsm {
  const folder = makeDataDir();
  const tokens = join(folder, "tokens");
  const conf = join(folder, "softhsm2.conf");
  const pinFile = join(folder, "pin");
  const label = "ostiary";
  const pin = "731-PIN";
  mkdirSync(tokens);
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  writeFileSync(pinFile, `${pin}\n`);
  chmodSync(pinFile, 0o600);
  const env = { SOFTHSM2_CONF: conf };
  const made = Bun.spawnSync(
    ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "so-secret"],
    { env: { ...env, PATH: process.env.PATH ?? "" } },
  );
  if (!made.success) throw new Error(`softhsm2-util: ${made.stderr}${made.stdout}`);
  const [token = ""] = readdirSync(tokens);
  const library = softHsmLibrary ?? "";
  return {
    library,
    label,
    pin,
    pinFile,
    env,
    toml(change = {}) {
      const lines = { pkcs11_module: library, pkcs11_token_label: label, pkcs11_pin_file: pinFile, ...change };
      return `[keys]\n${Object.entries(lines)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
        .join("")}`;
    },
    takeOut: () => renameSync(join(tokens, token), join(folder, "taken-out")),
    putBack: () => renameSync(join(folder, "taken-out"), join(tokens, token)),
  };
}
