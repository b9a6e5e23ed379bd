// Keys of a pi.cfg that concern the server itself: database, keys, hashes, log, answers, nodes, who may come in.
import { MAX_HASH_WORK_KIB } from "../../core/hash-bound.ts";
import type { PythonValue } from "../../core/python-literals.ts";
import { type Converted, elsewhere, later, listSetting, nothing, type OldKey, textSetting } from "./old-key.ts";

/** A19: the numbers of Python's logging. */
function convertLogLevel(value: PythonValue): Converted | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  if (value < 10) {
    return {
      set: { "log.level": "debug" },
      warning:
        "A level below 10 writes passwords into the log of privacyIDEA. Ostiary never logs a secret, at no level. Delete the old log files.",
    };
  }
  if (value < 20)
    return { set: { "log.level": "debug" }, warning: "Debug is for the search of a fault; leave it out for daily work." };
  return { set: { "log.level": value < 30 ? "info" : value < 40 ? "warning" : "error" } };
}

/** What a new hash costs here unless told otherwise: what OWASP asks of Argon2id. */
const OUR_MEMORY_KIB = 19_456;
const OUR_PASSES = 2;

/** A26: costs below ours are not carried over, they would make new hashes weaker. */
function convertHashCost(value: PythonValue): Converted | undefined {
  if (!(value instanceof Map)) return undefined;
  const cost = (name: string) => {
    const found = value.get(name);
    return typeof found === "number" && Number.isInteger(found) && found > 0 ? found : undefined;
  };
  const passes = cost("argon2__rounds");
  const memory = cost("argon2__memory_cost");
  if (passes === undefined && memory === undefined)
    return {
      set: {},
      warning: "No cost of Argon2 stands in it; costs of other hashes are not used, because new hashes are Argon2id.",
    };
  if ((memory ?? OUR_MEMORY_KIB) < OUR_MEMORY_KIB || (passes ?? OUR_PASSES) < OUR_PASSES) {
    return {
      set: {},
      warning: "Its hashes are cheaper to guess than those of our defaults (19 MiB, 2 passes), so the defaults stay.",
    };
  }
  if ((memory ?? OUR_MEMORY_KIB) * (passes ?? OUR_PASSES) > MAX_HASH_WORK_KIB)
    return { set: {}, warning: "Its hashes are dearer than this server makes or checks, so the defaults stay." };
  return {
    set: {
      ...(memory === undefined ? {} : { "hash.memory_kib": memory }),
      ...(passes === undefined ? {} : { "hash.iterations": passes }),
    },
  };
}

/** A28 */
function convertNoSign(value: PythonValue): Converted | undefined {
  if (typeof value !== "boolean") return undefined;
  if (value) return { set: { "response.signature": "never" } };
  return {
    set: {},
    warning:
      'Answers are signed when the request has a nonce, which is what clients that check signatures send. "always" signs every answer, as privacyIDEA does, and costs more than a log-in.',
  };
}

/** A37: a list of dicts of texts; whether each is one that the setting takes, the setting says. */
function convertTrustedJwts(value: PythonValue): Converted | undefined {
  if (!Array.isArray(value)) return undefined;
  const tables: Record<string, string>[] = [];
  for (const entry of value) {
    if (!(entry instanceof Map)) return undefined;
    const members = [...entry];
    if (!members.every((member): member is [string, string] => typeof member[1] === "string")) return undefined;
    tables.push(Object.fromEntries(members));
  }
  return { set: { "auth.trusted_jwt": tables } };
}

export const serverKeys: Record<string, OldKey> = {
  PRIVACYIDEA_CONFIGFILE: {
    id: "A01",
    value: "path",
    became: elsewhere("`OSTIARY_CONFIG`, `--config FILE`"),
    why: "A variable of the environment, there and here. Every command takes it; an instance is a data directory of its own (`--data`).",
  },
  SUPERUSER_REALM: {
    id: "A02",
    value: "list",
    became: listSetting("auth.superuser_realms"),
    why: "The realms must exist, there and here: `ostiary realm create`.",
  },
  SQLALCHEMY_DATABASE_URI: {
    id: "A03",
    value: "address",
    became: elsewhere("`ostiary.db` in the data directory"),
    why: "The database is embedded and needs no server and no address. PostgreSQL and an import of the old database do not exist yet.",
  },
  SQLALCHEMY_ENGINE_OPTIONS: {
    id: "A04",
    value: "table",
    became: nothing,
    why: "Options of a driver that is not used here.",
  },
  SECRET_KEY: {
    id: "A05",
    value: "text",
    secret: true,
    became: elsewhere("`keys/session.json`, made by `ostiary init`"),
    why: "Signs the sessions. It is made anew: sessions of the old server end, API keys it issued do too.",
  },
  PI_PEPPER: {
    id: "A06",
    value: "text",
    secret: true,
    became: elsewhere("`keys/session.json`, made by `ostiary init`"),
    why: "Goes into the hashes of administrators' passwords. It is made anew; give administrators new passwords with `ostiary admin add`.",
  },
  PI_ENCFILE: {
    id: "A07",
    value: "path",
    became: elsewhere("`keys/keyring.json`, made by `ostiary init`"),
    why: "Seals seeds and secrets. It is made anew; keep the old file, an import of the old tokens will need it.",
  },
  PI_DB_SAFE_STORE: {
    id: "A24",
    value: "flag",
    became: nothing,
    why: "A remedy for clusters that do not know what they just wrote; there is one database here, and its answers are final.",
  },
  PI_HASH_ALGO_LIST: {
    id: "A25",
    value: "list",
    became: nothing,
    why: "New hashes are Argon2id. Argon2, bcrypt, PBKDF2 and the formats of crypt(3) are verified, and raised at the next log-in.",
  },
  PI_HASH_ALGO_PARAMS: {
    id: "A26",
    value: "table",
    became: { kind: "setting", settings: ["hash.memory_kib", "hash.iterations"], convert: convertHashCost },
    why: "`argon2__memory_cost` (KiB) and `argon2__rounds`. Values that would weaken our defaults are left out.",
  },
  PI_NO_RESPONSE_SIGN: {
    id: "A28",
    value: "flag",
    became: { kind: "setting", settings: ["response.signature"], convert: convertNoSign },
    why: "True becomes `never`. Without it answers are signed when the request has a nonce (`on-nonce`).",
  },
  PI_ENGINE_REGISTRY_CLASS: {
    id: "A30",
    value: "text",
    became: nothing,
    why: "Whether connections to SQL databases are shared. There are no SQL user sources yet; they will share theirs.",
  },
  PI_LOGFILE: {
    id: "A18",
    value: "path",
    became: elsewhere("standard error"),
    why: "The log is JSON lines on standard error; systemd, a container or a shell brings them where they shall be, and rotates them.",
  },
  PI_LOGLEVEL: {
    id: "A19",
    value: "whole number",
    became: { kind: "setting", settings: ["log.level"], convert: convertLogLevel },
    why: "10 is `debug`, 20 `info`, 30 `warning`, 40 and 50 `error`. No level logs a password.",
  },
  PI_LOGCONFIG: {
    id: "A20",
    value: "path",
    became: nothing,
    why: "Mail, files and syslog are for what reads standard error.",
  },
  PI_INIT_CHECK_HOOK: {
    id: "A21",
    value: "text",
    became: nothing,
    why: "No code of others runs inside the server.",
  },
  PI_NODE: {
    id: "A35",
    value: "text",
    became: textSetting("node.name"),
    why: "Name of this node.",
  },
  PI_NODES: {
    id: "A36",
    value: "list",
    became: later,
    why: "One node a database until there is PostgreSQL.",
  },
  PI_TRUSTED_JWT: {
    id: "A37",
    value: "list",
    became: { kind: "setting", settings: ["auth.trusted_jwt"], convert: convertTrustedJwts },
    why: "The same members. An entry for administrators counts only if its realm is one of `auth.superuser_realms`, there and here.",
  },
  PI_TOKEN_MODULES: {
    id: "A38",
    value: "list",
    became: nothing,
    why: "Token types are part of the release; Python classes can not be loaded.",
  },
  PI_CHECK_RELOAD_CONFIG: {
    id: "A74",
    value: "whole number",
    became: nothing,
    why: "Changes are in force at once, those of other processes included.",
  },
  PI_GNUPG_HOME: {
    id: "A67",
    value: "path",
    became: textSetting("import.gpg_directory"),
    why: "Exported keys, one or more in a file. GnuPG's own key ring is not read: `gpg --export-secret-keys --armor ID > FILE.asc`.",
  },
};
