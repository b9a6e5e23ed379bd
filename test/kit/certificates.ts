// Certificates for tests, made by openssl at the time of the test: none lies in the tree to expire or to be believed by somebody.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const openssl = Bun.which("openssl");
if (!openssl) console.error("openssl is not installed here: the tests of TLS are skipped");

export interface PairFiles {
  certificate: string;
  key: string;
}

export interface PairOptions {
  name?: string;
  days?: number;
  /** Who signs; without it the pair signs itself. */
  ca?: PairFiles;
  passphrase?: string;
  key?: "ec" | "rsa:1024" | "rsa:2048" | "ed25519";
}

function run(args: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...args]);
  if (exitCode !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

/** NAME.crt and NAME.key (0600) in `folder`, for 127.0.0.1 and localhost. */
export function makePair(folder: string, file: string, options: PairOptions = {}): PairFiles {
  const { name = "localhost", days = 90, ca, passphrase, key: kind = "ec" } = options;
  const certificate = join(folder, `${file}.crt`);
  const key = join(folder, `${file}.key`);
  const algorithm = kind === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] : [kind];
  run([
    ...["req", "-x509", "-newkey", ...algorithm, "-keyout", key, "-out", certificate, "-subj", `/CN=${name}`],
    ...(passphrase === undefined ? ["-nodes"] : ["-passout", `pass:${passphrase}`]),
    ...(days < 0 ? ["-days", "1"] : ["-days", String(days)]),
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...(ca ? ["-CA", ca.certificate, "-CAkey", ca.key, "-addext", "basicConstraints=CA:FALSE"] : []),
  ]);
  chmodSync(key, 0o600);
  return { certificate, key };
}

/** A file of several PEM texts in this order. */
export function joinFiles(path: string, ...texts: string[]): string {
  writeFileSync(path, texts.join(""));
  return path;
}
