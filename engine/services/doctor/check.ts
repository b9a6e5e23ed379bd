// The examination of an installation as a list of small checks: each reads, none changes anything, none depends on another.
import type { Settings } from "../../config.ts";
import type { Resolver } from "../../users/resolver.ts";
import type { Vault } from "../../vault/vault.ts";

export type Severity =
  /** Log-ins fail, data can be lost, or somebody can get at secrets. */
  | "problem"
  /** It works, and should not stay like this. */
  | "warning"
  /** Good to know. */
  | "note";

export interface Finding {
  severity: Severity;
  /** What is the case. */
  what: string;
  /** What follows from it. */
  meaning: string;
  /** What to do about it. */
  advice: string;
  /** The server does not start as long as it is so. */
  stops?: true;
}

/** A user source, opened or not. */
export interface Source {
  name: string;
  type: string;
  resolver: Resolver | null;
  /** Why it can not be opened. */
  fault: string | null;
  /** It has a secret, and the key ring is locked: nothing is known of it. */
  locked: boolean;
}

/** What the checks look at. */
export interface Site {
  dataDir: string;
  databasePath: string;
  keysPath: string;
  /** Defaults in the place of those that are wrong. */
  settings: Settings;
  settingFaults: readonly string[];
  /** Null: there is none. */
  settingsFile: string | null;
  /** milliseconds since 1970 */
  now(): number;
  /** On a connection that can not write. Rejects after `PATIENCE_MS`. */
  read<Row>(sql: string, ...parameters: (string | number)[]): Promise<Row[]>;
  /** Null: its files can not be used; then `vaultFault` says why. */
  vault: Vault | null;
  vaultFault: string | null;
  sources(): Promise<Source[]>;
}

/** How long one look into the database, or at a user source, may take. */
export const PATIENCE_MS = 20_000;

export interface Check {
  /** A word or two, such as "disk space". */
  name: string;
  /** It is left out where this is missing; another check says so. */
  needs?: "database" | "keys";
  /** Quick enough to be made at every start of the server, too. */
  atStart?: true;
  run(site: Site): Promise<Finding[]> | Finding[];
}

export interface Examined {
  check: string;
  findings: Finding[];
}

/** Runs the checks one after the other; one that fails is a finding itself. */
export async function examine(
  site: Site,
  checks: readonly Check[],
  has: Record<"database" | "keys", boolean>,
  onProgress: (done: number) => void = () => {},
): Promise<Examined[]> {
  const examined: Examined[] = [];
  for (const [index, check] of checks.entries()) {
    onProgress(index);
    if (check.needs && !has[check.needs]) continue;
    examined.push({ check: check.name, findings: await runCheck(check, site) });
  }
  onProgress(checks.length);
  return examined;
}

async function runCheck(check: Check, site: Site): Promise<Finding[]> {
  try {
    return await check.run(site);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [
      {
        severity: "warning",
        what: `This could not be examined: ${text}`,
        meaning: "Nobody knows whether it is in order.",
        advice: "Run the doctor as the account of the server, or as root.",
      },
    ];
  }
}
