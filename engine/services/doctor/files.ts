// Who can read and write the files (config-and-tokens.md 007), and whether there is room for more.
import { accessSync, constants, existsSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Check, Finding, Site } from "./check.ts";

const KEY_FILES = ["keyring.json", "session.json"];
const LITTLE_SPACE = 1024 ** 3;
const NO_SPACE = 100 * 1024 ** 2;

const modeOf = (stats: Stats) => (stats.mode & 0o777).toString(8).padStart(3, "0");
const statOf = (path: string): Stats | null => statSync(path, { throwIfNoEntry: false }) ?? null;

/** Files with secrets, and what others can do with what they find there. */
function secretFiles({ databasePath, keysPath }: Site): [path: string, harm: string][] {
  return [
    [keysPath, "Who reads the keys can open every seed in the database."],
    ...KEY_FILES.map((name): [string, string] => [
      join(keysPath, name),
      "Who reads the keys can open every seed in the database.",
    ]),
    // SQLite makes its log and index files with the same mode.
    [databasePath, "It holds PIN hashes and the names of everybody; who can write it can lock everybody out."],
  ];
}

/** Who can write the directory can put another database, other keys and other settings there. */
function writableHome(path: string): Finding[] {
  const stats = statOf(path);
  if (!stats || (stats.mode & 0o002) === 0) return [];
  return [
    {
      severity: "problem",
      what: `${path} has mode ${modeOf(stats)}: every account can write it.`,
      meaning: "Who can write it can put another database, other keys and other settings there.",
      advice: `chmod o-w ${path}`,
      stops: true,
    },
  ];
}

export const fileModes: Check = {
  name: "access to files",
  atStart: true,
  run(site) {
    const findings = writableHome(site.dataDir);
    for (const [path, harm] of secretFiles(site)) {
      const stats = statOf(path);
      if (!stats || (stats.mode & 0o077) === 0) continue;
      findings.push({
        severity: "problem",
        what: `${path} has mode ${modeOf(stats)}: other accounts of this machine get at it.`,
        meaning: harm,
        advice: `chmod ${stats.isDirectory() ? "700" : "600"} ${path}`,
        ...((stats.mode & 0o002) === 0 ? {} : { stops: true as const }),
      });
    }
    return findings;
  },
};

export const settingsFileMode: Check = {
  name: "settings file",
  atStart: true,
  run({ settingsFile }) {
    const stats = settingsFile === null ? null : statOf(settingsFile);
    if (!stats) return [];
    if ((stats.mode & 0o022) !== 0) {
      return [
        {
          severity: "problem",
          what: `${settingsFile} has mode ${modeOf(stats)}: other accounts can write it.`,
          meaning: "Who can write it decides where the server listens, what it guards and which files it reads.",
          advice: `chmod 600 ${settingsFile}`,
          stops: true,
        },
      ];
    }
    if ((stats.mode & 0o004) === 0) return [];
    return [
      {
        severity: "warning",
        what: `${settingsFile} has mode ${modeOf(stats)}: every account of this machine can read it.`,
        meaning: "Settings can hold secrets, and they tell an attacker what is guarded and what is not.",
        advice: `chmod 640 ${settingsFile}`,
      },
    ];
  },
};

export const owners: Check = {
  name: "owners of files",
  run({ dataDir, databasePath, keysPath, settings }) {
    const home = statOf(dataDir);
    if (!home) return [];
    const paths = [databasePath, `${databasePath}-wal`, keysPath, ...KEY_FILES.map((name) => join(keysPath, name))];
    return [...paths, settings["audit.checkpoint_file"]].flatMap((path): Finding[] => {
      const stats = statOf(path);
      if (!stats || stats.uid === home.uid) return [];
      return [
        {
          severity: "warning",
          what: `${path} belongs to account ${stats.uid}, the data directory to ${home.uid}.`,
          meaning:
            "A server that runs under the account of the directory may not get at it: somebody used it under another account.",
          advice: `chown ${home.uid}:${home.gid} ${path}`,
        },
      ];
    });
  },
};

export const passwdDirectories: Check = {
  name: "directories of passwd files",
  atStart: true,
  run({ settings }) {
    return settings["users.passwd_directories"].flatMap((path): Finding[] => {
      const stats = statOf(path);
      if (!stats || (stats.mode & 0o002) === 0) return [];
      return [
        {
          severity: "problem",
          what: `${path} has mode ${modeOf(stats)}: every account can write it.`,
          meaning: "Who can write a file of users can be any of them.",
          advice: `chmod o-w ${path}`,
          stops: true,
        },
      ];
    });
  },
};

export const checkpointFile: Check = {
  name: "checkpoints of the audit trail",
  run({ databasePath, settings }) {
    const path = settings["audit.checkpoint_file"];
    const place = existsSync(path) ? path : dirname(path);
    try {
      accessSync(place, constants.W_OK);
    } catch {
      return [
        {
          severity: "problem",
          what: `${place} can not be written.`,
          meaning: "The server does not start, or can not sign the audit trail: an end that is cut off would not show.",
          advice: "Give the account of the server the right to write there, or set audit.checkpoint_file.",
        },
      ];
    }
    const database = statOf(databasePath);
    if (!database || database.dev !== statOf(place)?.dev) return [];
    return [
      {
        severity: "note",
        what: `${path} lies on the same disk as the database.`,
        meaning:
          "Who can replace the whole disk, or restores an old copy of it, cuts off the audit trail and its proof together.",
        advice: "Set audit.checkpoint_file to another disk or machine, and keep a copy there.",
      },
    ];
  },
};

export const diskSpace: Check = {
  name: "disk space",
  atStart: true,
  run({ dataDir, databasePath }) {
    if (!existsSync(dataDir)) return [];
    const { bavail, bsize } = statfsSync(dataDir);
    const free = Number(bavail) * Number(bsize);
    const used = statOf(databasePath)?.size ?? 0;
    if (free >= Math.max(LITTLE_SPACE, used / 10)) return [];
    const urgent = free < NO_SPACE;
    return [
      {
        severity: urgent ? "problem" : "warning",
        what: `${Math.floor(free / 1024 ** 2)} MiB are free on the disk of ${dataDir}; the database has ${Math.floor(used / 1024 ** 2)} MiB.`,
        meaning: "On a full disk nothing can be made durable, so every log-in is refused.",
        advice: "Make room, or move the data directory to a larger disk.",
      },
    ];
  },
};
