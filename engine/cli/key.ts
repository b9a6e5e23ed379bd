// ostiary key …: the keys that seal every secret in the database. docs/keys.md is the page to it.
import {
  addKey,
  dropKey,
  KeyInUseError,
  type KeyPlace,
  type KeyStatus,
  readKeyStatus,
  rotateKeys,
  sealRing,
} from "../services/key-rotation.ts";
import type { RingSealChoice } from "../vault/ring-info.ts";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine, FLAG, UsageError } from "./command.ts";
import { createFirstRing } from "./first-ring.ts";
import { withKeyRing } from "./key-engine.ts";
import { openProgress, printJson, printTable } from "./output.ts";

const MIN_PASSPHRASE = 8;

const UNLOCKING = `If a passphrase seals the ring, it is the first line of standard input; so is the PIN of a security module whose
PIN is not in a file (keys.pkcs11_pin_file).`;

const labelOf = (line: CommandLine) => line.settings()["keys.pkcs11_key_label"];

/** Where a new key goes. Without either flag a key that lies in the module is not followed by one that does not. */
function choosePlace(line: CommandLine): KeyPlace {
  if (line.values.pkcs11 && line.values["in-ring"]) throw new UsageError("--pkcs11 and --in-ring exclude each other");
  return { where: line.values.pkcs11 ? "module" : line.values["in-ring"] ? "ring" : "same", label: labelOf(line) };
}

function requireModule(line: CommandLine): void {
  if (line.values.pkcs11 && line.settings()["keys.pkcs11_module"] === "")
    throw new UsageError("--pkcs11 needs the setting keys.pkcs11_module in the settings file");
}

const status: Command = {
  name: "key status",
  summary: "which keys there are, and how many values each one seals",
  help: `ostiary key status [--unlock] [--json]

Reads beside a running server or without one. The counts are read from the values themselves: each carries the id of its key.

  --unlock          open a locked ring as well, to name its keys; passphrase or PIN: a line of standard input
  --json            one JSON document
${COMMON_OPTIONS}

Example
  ostiary key status --data /srv/ostiary`,
  options: { unlock: FLAG, json: FLAG },
  run: (line) =>
    withKeyRing(line, { unlock: line.values.unlock === true }, async ({ host }) => {
      const found = await readKeyStatus(host);
      if (line.values.json) printJson(found);
      else printStatus(found);
      return 0;
    }),
};

const create: Command = {
  name: "key create",
  summary: "make the first key ring, or a new key that seals from now on",
  help: `ostiary key create [--pkcs11 | --in-ring] [--seal | --pkcs11-ring] [--json]

In a data directory without keys: makes the key files, and never writes over one that is there. (Then: ostiary admin add.)
In one with keys: adds a key, which seals new values from now on; "key rotate" brings the older ones under it.
${UNLOCKING}

  --pkcs11          the key is made in the security module of keys.pkcs11_module and never leaves it
  --in-ring         the key lies in the ring; without either it is made where the active one is
  --seal            first ring only: seal it by a passphrase, a line of standard input
  --pkcs11-ring     first ring only: seal it by a key in the security module; the keys inside then work in memory
  --json            one JSON document
${COMMON_OPTIONS}

Example
  ostiary key create --pkcs11 --data /srv/ostiary`,
  options: { pkcs11: FLAG, "in-ring": FLAG, seal: FLAG, "pkcs11-ring": FLAG, json: FLAG },
  async run(line) {
    requireModule(line);
    if (await createFirstRing(line, line.values.pkcs11 ? labelOf(line) : null)) {
      if (line.values.json) printJson({ created: true });
      else
        console.log(`${line.dataDir}/keys holds a new key ring. Keep a copy: without it nothing in the database can be opened.`);
      return 0;
    }
    if (line.values.seal || line.values["pkcs11-ring"])
      throw new UsageError(
        "there is a key ring already; it is never written over. To seal it in another way: ostiary key encrypt",
      );
    const place = choosePlace(line);
    return withKeyRing(line, { unlock: true }, async ({ host, by }) => {
      const { active, keys } = await addKey(host, place, by);
      if (line.values.json) printJson({ created: false, active, keys });
      else console.log(`${active} seals new values from now on. "ostiary key rotate" brings the others under it.`);
      return 0;
    });
  },
};

const encrypt: Command = {
  name: "key encrypt",
  summary: "seal the key ring by a passphrase or a security module, or change that",
  help: `ostiary key encrypt [--pkcs11 | --remove] [--json]

Seals keys/keyring.json. By a passphrase: the next start of the server is locked until somebody sends it to POST /system/hsm.
By a key in a security module: opened at the start, if module and PIN are there. A server that runs goes on until its next start.
Copies of the ring made before, in backups too, stay as they were sealed then.
${UNLOCKING}
The new passphrase is the line after it (or the first), 8 characters or more.

  --pkcs11          seal it by a key in the security module of keys.pkcs11_module
  --remove          leave it unsealed; the file's mode is then all that guards it
  --json            one JSON document
${COMMON_OPTIONS}

Example
  printf '%s\\n' "$PASSPHRASE" | ostiary key encrypt --data /srv/ostiary`,
  options: { pkcs11: FLAG, remove: FLAG, json: FLAG },
  async run(line) {
    requireModule(line);
    if (line.values.pkcs11 && line.values.remove) throw new UsageError("--pkcs11 and --remove exclude each other");
    return withKeyRing(line, { unlock: true }, async ({ host, by, secrets }) => {
      const how = await chooseSeal(line, (question) => secrets.next(question));
      const { form } = await sealRing(host, how, by);
      if (line.values.json) printJson({ form });
      else console.log(describeForm(form));
      return 0;
    });
  },
};

async function chooseSeal(line: CommandLine, ask: (question: string) => Promise<string>): Promise<RingSealChoice> {
  if (line.values.remove) return { form: "plain" };
  if (line.values.pkcs11) return { form: "device", label: `${labelOf(line)}-ring` };
  const passphrase = await ask("new passphrase of the key ring");
  if (passphrase.length < MIN_PASSPHRASE)
    throw new CommandError(`the new passphrase, a line of standard input, has at least ${MIN_PASSPHRASE} characters`);
  return { form: "passphrase", passphrase };
}

const rotate: Command = {
  name: "key rotate",
  summary: "make a new key and bring every sealed value under it",
  help: `ostiary key rotate [--pkcs11 | --in-ring] [--json]

Beside a running server: log-ins go on, and the server reads the new ring by itself. It may be stopped or killed at any moment; the
same command then goes on where it was, without another new key. The old key stays in the ring until "key drop".
${UNLOCKING}

  --pkcs11          the new key is made in the security module of keys.pkcs11_module
  --in-ring         the new key lies in the ring; without either it is made where the active one is
  --json            one JSON document at the end; no progress
${COMMON_OPTIONS}

Example
  ostiary key rotate --data /srv/ostiary && ostiary key status --data /srv/ostiary`,
  options: { pkcs11: FLAG, "in-ring": FLAG, json: FLAG },
  async run(line) {
    requireModule(line);
    const place = choosePlace(line);
    return withKeyRing(line, { unlock: true }, async ({ host, by }) => {
      const progress = openProgress("sealed anew", line.values.json === true);
      const stop = new AbortController();
      const abort = () => stop.abort();
      process.once("SIGINT", abort).once("SIGTERM", abort);
      const done = await rotateKeys(host, place, by, { signal: stop.signal, progress: progress.show });
      progress.end();
      if (line.values.json) printJson(done);
      else {
        console.log(
          `${done.resealed} values sealed anew under ${done.isNew ? "the new key " : ""}${done.active}, ${done.left} left`,
        );
        if (done.broken > 0)
          console.log(
            `${done.broken} values open under no key of this ring; they are as they were. "key create" makes another key all the same.`,
          );
      }
      return done.left === 0 ? 0 : 1;
    });
  },
};

const drop: Command = {
  name: "key drop",
  summary: "forget a key that seals nothing any more",
  help: `ostiary key drop ID [--json]

Refused for the active key, for one that was active within the last minute, and while any value is sealed under it.
Backups made before the rotation need the key: keep their copy of the ring. A key in a security module stays there.
${UNLOCKING}

  --json            one JSON document
${COMMON_OPTIONS}

Example
  ostiary key drop 1f00c4e2 --data /srv/ostiary`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const [id = ""] = line.positionals;
    if (!/^[0-9a-f]{8}$/.test(id)) throw new UsageError('give the id of a key, 8 hex digits; "ostiary key status" lists them');
    return withKeyRing(line, { unlock: true }, async ({ host, by }) => {
      try {
        const { keys } = await dropKey(host, id, by);
        if (line.values.json) printJson({ dropped: id, keys });
        else console.log(`${id} is not in the ring any more`);
        return 0;
      } catch (error) {
        if (error instanceof KeyInUseError) throw new CommandError(error.message);
        throw error;
      }
    });
  },
};

export const keyCommands: readonly Command[] = [status, create, encrypt, rotate, drop];

function describeForm(form: KeyStatus["form"]): string {
  if (form === "plain") return "The key ring is not sealed.";
  return `The key ring is sealed by a ${form === "passphrase" ? "passphrase" : "key in the security module"}.`;
}

function printStatus({ form, open, reason, active, keys, sealed, left }: KeyStatus): void {
  console.log(describeForm(form));
  if (form === "plain" && keys.every(({ kind }) => kind === "pkcs11"))
    console.log("The keys that seal values are in the security module all the same.");
  if (reason) console.log(open ? `Open, but ${reason}` : `Locked: ${reason}; --unlock opens it for this command`);
  const known = new Set(keys.map(({ id }) => id));
  const strangers = Object.keys(sealed).filter((id) => !known.has(id));
  const day = (time: number | null) => (time === null ? "" : new Date(time).toISOString().slice(0, 16));
  printTable(
    ["key", "where", "made", "state", "values"],
    [
      ...keys.map(({ id, kind, label, createdAt, retiredAt }) => [
        id,
        kind === "file" ? "in the ring" : `in the module, ${label}`,
        day(createdAt),
        id === active ? "active" : `retired ${day(retiredAt)}`,
        sealed[id] ?? 0,
      ]),
      ...strangers.map((id) => [id || "unreadable", open ? "MISSING" : "", "", "", sealed[id] ?? 0]),
    ],
  );
  if (left !== null && left > 0)
    console.log(`\n${left} values are not under the active key; "ostiary key rotate" brings them there.`);
}
