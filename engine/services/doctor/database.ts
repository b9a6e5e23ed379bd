// The database file: is it whole, of this release, and does its time fit ours?
import { existsSync } from "node:fs";
import { toAuditPublicKey } from "../../audit/public-key.ts";
import { type ChainEnd, explainRollback, findRollback } from "../../audit/rollback.ts";
import { findMigrationFault } from "../../store/migrate.ts";
import { migrations } from "../../store/migrations/index.ts";
import { QueryTimeoutError } from "../../store/reader.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import { type Check, type Finding, PATIENCE_MS } from "./check.ts";

const nothingThere = (dataDir: string): Finding => ({
  severity: "problem",
  what: `${dataDir} holds neither keys nor a database.`,
  meaning: "There is no server here yet, or this is not its directory; only settings could be examined.",
  advice: "Give the data directory by --data, or make one: ostiary init, or ostiary restore.",
});

export const databaseThere: Check = {
  name: "data directory",
  async run({ dataDir, databasePath, keysPath, read, vault, vaultFault }) {
    if (!vault && vaultFault === null && !existsSync(databasePath)) return [nothingThere(dataDir)];
    const findings: Finding[] = [];
    if (!vault && vaultFault === null) {
      findings.push({
        severity: "problem",
        what: `${keysPath} is missing.`,
        meaning: "Without the keys nothing in the database can be opened.",
        advice: "Give the data directory by --data, restore the keys from the backup, or make a new directory: ostiary init.",
      });
    }
    try {
      await read("SELECT 1 FROM token LIMIT 1");
    } catch (error) {
      findings.push({
        severity: "problem",
        what: `${databasePath} can not be read: ${error instanceof Error ? error.message : String(error)}`,
        meaning: "The server does not start.",
        advice: "Give the data directory by --data, or restore the database from the backup.",
      });
    }
    return findings;
  },
};

const MAX_FAULTS = 5;

export const integrity: Check = {
  name: "integrity of the database",
  needs: "database",
  async run({ read }) {
    try {
      const rows = await read<{ quick_check: string }>(`PRAGMA quick_check(${MAX_FAULTS})`);
      return rows
        .filter(({ quick_check }) => quick_check !== "ok")
        .map(({ quick_check }) => damage(`SQLite says of the database: ${quick_check.replace(/\s+/g, " ")}`));
    } catch (error) {
      // Damage that quick_check itself stumbles over.
      if (error instanceof StoreUnavailableError) return [damage(error.message)];
      if (!(error instanceof QueryTimeoutError)) throw error;
      return [
        {
          severity: "note",
          what: `The database is too large to be checked in ${PATIENCE_MS / 1000} s.`,
          meaning: "Whether the file is whole is not known.",
          advice: "Check a copy: sqlite3 COPY 'PRAGMA quick_check'",
        },
      ];
    }
  },
};

const damage = (what: string): Finding => ({
  severity: "problem",
  what,
  meaning: "The file is damaged: disk, memory, or somebody who wrote into it.",
  advice: "Stop the server, keep a copy of the file as it is, restore the backup.",
});

export const schema: Check = {
  name: "schema of the database",
  needs: "database",
  async run({ read }) {
    const applied = await read<{ id: number; name: string; hash: string }>("SELECT id, name, hash FROM migration ORDER BY id");
    const fault = findMigrationFault(applied, migrations);
    if (fault !== null) {
      return [
        {
          severity: "problem",
          what: fault,
          meaning: "The server does not start.",
          advice: "Start the release that made this database.",
        },
      ];
    }
    const open = migrations.filter(({ id }) => !applied.some((row) => row.id === id));
    if (open.length === 0) return [];
    return [
      {
        severity: "note",
        what: `The database is of an older release: ${open.length} steps (${open.map(({ name }) => name).join(", ")}) are missing.`,
        meaning: "The next start makes them; an older release can not use the database after that.",
        advice: "Make a backup before you start this release.",
      },
    ];
  },
};

export const rollback: Check = {
  name: "age of the database",
  needs: "database",
  async run({ read, vault, settings }) {
    if (!vault) return [];
    const ends = await read<ChainEnd>("SELECT node, epoch, head_seq AS seq FROM audit_chain");
    const path = settings["audit.checkpoint_file"];
    const found = findRollback(path, toAuditPublicKey((await vault.publicKeys()).audit), ends);
    if (found === null) return [];
    return [{ severity: "problem", ...explainRollback(found, path) }];
  },
};

/** The first release of this program: a clock before it is wrong. */
const EARLIEST = Date.UTC(2026, 0, 1);
const AHEAD_MS = 120_000;

export const clock: Check = {
  name: "clock",
  atStart: true,
  needs: "database",
  async run({ read, now }) {
    const [newest] = await read<{ started_at: number }>("SELECT started_at FROM audit ORDER BY id DESC LIMIT 1");
    const time = now();
    const ahead = (newest?.started_at ?? 0) - time;
    if (time >= EARLIEST && ahead <= AHEAD_MS) return [];
    return [
      {
        severity: "problem",
        what:
          ahead > AHEAD_MS
            ? `The newest row of the audit trail is ${Math.round(ahead / 1000)} s ahead of the clock.`
            : `The clock says ${new Date(time).toISOString()}.`,
        meaning: "The clock was or is wrong: time based tokens, validity periods and sessions depend on it.",
        advice: "Let NTP set the clock (timedatectl), and look whether it was ahead before.",
        // Ahead of us may be a trail that was written with a wrong clock: that must not lock everybody out for ever.
        ...(time < EARLIEST ? { stops: true as const } : {}),
      },
    ];
  },
};
