// Commands of privacyIDEA and what does their work here (config-and-tokens.md B; events-and-tools.md 4, 9, 10). The documentation
// is printed from this table, and `ostiary` answers with it when somebody types an old name.

export interface OldCommand {
  /** Where the contract describes it. */
  id: string;
  /** What people type, after `pi-manage` if `tool` says nothing else. */
  words: string;
  /** A command of ours and how to call it; "later": there will be one; "nothing": none is needed. */
  now: { command: string; usage: string } | "later" | "nothing";
  /** What is different, or why there is none. */
  note: string;
  /** It is a program of its own. */
  program?: true;
}

const MADE_AT_ONCE =
  "Keys, database and first administrator are made together, each durable before the next. Nothing is ever overwritten.";
const SCHEMA = "Every start brings the database up to the release, in one transaction a step.";
const initCommand = { command: "init", usage: "ostiary init --admin NAME --password-stdin" };

export const oldCommands: readonly OldCommand[] = [
  {
    id: "B01",
    words: "create_enckey",
    now: { command: "key create", usage: "ostiary key create" },
    note: "`ostiary init` makes keys, database and administrator at once. A ring that is there is never overwritten (its keys are added to); a key of your own can not be given.",
  },
  {
    id: "B02",
    words: "encrypt_enckey",
    now: { command: "key encrypt", usage: "ostiary key encrypt" },
    note: "The key ring is sealed where it lies, and the passphrase comes from standard input.",
  },
  { id: "B03", words: "create_audit_keys", now: initCommand, note: MADE_AT_ONCE },
  { id: "B04", words: "create_tables", now: initCommand, note: `${MADE_AT_ONCE} ${SCHEMA}` },
  { id: "B05", words: "db stamp", now: "nothing", note: SCHEMA },
  { id: "B05", words: "db upgrade", now: "nothing", note: SCHEMA },
  {
    id: "B06",
    words: "runserver",
    now: { command: "serve", usage: "ostiary serve --listen HOST:PORT" },
    note: "The real server, not one for development.",
  },
  {
    id: "B07",
    words: "admin add",
    now: { command: "admin add", usage: "ostiary admin add NAME --password-stdin --email ADDRESS" },
    note: "The password comes from standard input.",
  },
  { id: "B07", words: "admin list", now: { command: "admin list", usage: "ostiary admin list --json" }, note: "" },
  {
    id: "B07",
    words: "admin change",
    now: { command: "admin password", usage: "ostiary admin password NAME --password-stdin" },
    note: "Sessions of the old password end at once.",
  },
  {
    id: "B07",
    words: "admin delete",
    now: { command: "admin delete", usage: "ostiary admin delete NAME" },
    note: "His sessions end at once.",
  },
  {
    id: "B08",
    words: "backup create",
    now: { command: "backup", usage: "ostiary backup --to FILE|DIR --passphrase-stdin" },
    note: "Beside a running server. Keys are never in the clear beside the database.",
  },
  {
    id: "B08",
    words: "backup restore",
    now: { command: "restore", usage: "ostiary restore --from FILE --data DIR --passphrase-stdin" },
    note: "Into an empty directory. What was used since the backup is refused as far as it can be known.",
  },
  {
    id: "B09, B10, B11",
    words: "rotate_audit",
    now: {
      command: "audit rotate",
      usage: "ostiary audit rotate --age DAYS | --highwatermark N --lowwatermark M | --rules FILE",
    },
    note: "`--config` is `--rules` here, and the file is the same. With `audit.retention_days` and its kin the server does it by itself.",
  },
  {
    id: "B12, B13",
    words: "api createtoken",
    now: { command: "api key create", usage: "ostiary api key create --role validate|admin" },
    note: "It is good for 365 days, as there; it is listed by `ostiary api key list` and can be taken back.",
  },
  { id: "B14", words: "policy", now: "later", note: "Policies do not exist yet." },
  { id: "B15", words: "resolver create_internal", now: "later", note: "User sources that can be written to do not exist yet." },
  {
    id: "B16",
    words: "realm create",
    now: { command: "realm create", usage: "ostiary realm create REALM RESOLVER[:PRIORITY]…" },
    note: "Any number of user sources, each with a priority.",
  },
  { id: "B17", words: "ca create", now: "later", note: "CA connectors do not exist yet." },
  { id: "B18", words: "ca list", now: "later", note: "CA connectors do not exist yet." },
  { id: "B19", words: "ca create_crl", now: "later", note: "CA connectors do not exist yet." },
  { id: "B20", words: "authcache cleanup", now: "nothing", note: "What is remembered of log-ins is in memory and bounded." },
  { id: "B21", words: "events", now: "later", note: "Event handlers do not exist yet." },
  {
    id: "C05",
    program: true,
    words: "privacyidea securitymodule",
    now: { command: "key status", usage: "ostiary key status" },
    note: "A sealed key ring is opened by `POST /system/hsm`; `ostiary key status` shows it.",
  },
  {
    id: "E102",
    program: true,
    words: "privacyidea-create-pwidresolver-user",
    now: "nothing",
    note: "Any editor, and `openssl passwd -6` for the hash: the formats of crypt(3) are verified.",
  },
  {
    id: "E603",
    program: true,
    words: "privacyidea-usercache-cleanup",
    now: "nothing",
    note: "The cache of users is in memory and bounded.",
  },
  { id: "E226", program: true, words: "privacyidea-expired-users", now: "later", note: "LDAP user sources do not exist yet." },
  { id: "TJ-01", program: true, words: "privacyidea-token-janitor", now: "later", note: "" },
  { id: "TJ-21", program: true, words: "privacyidea-get-unused-tokens", now: "later", note: "" },
  { id: "PT-13", program: true, words: "privacyidea-cron", now: "later", note: "Periodic tasks will run inside the server." },
  {
    id: "JQ-05",
    program: true,
    words: "privacyidea-queue-huey",
    now: "nothing",
    note: "Work that takes long runs inside the server.",
  },
  { id: "MA-05", program: true, words: "privacyidea-authorizedkeys", now: "later", note: "SSH keys do not exist yet." },
  { id: "MA-09", program: true, words: "privacyidea-luks-assign", now: "later", note: "Machines do not exist yet." },
  {
    id: "LO-03",
    program: true,
    words: "privacyidea-migrate-linotp.py",
    now: "later",
    note: "An import from other systems is to come.",
  },
  {
    id: "010",
    program: true,
    words: "privacyidea-pip-update",
    now: "nothing",
    note: `Install the new release and start it. ${SCHEMA}`,
  },
  { id: "011", program: true, words: "privacyidea-schema-upgrade", now: "nothing", note: SCHEMA },
  {
    id: "C17",
    program: true,
    words: "encryptkey.py",
    now: { command: "key encrypt", usage: "ostiary key encrypt --pkcs11" },
    note: "The key that seals the ring is made in the module.",
  },
  { id: "M01", program: true, words: "pi-appliance", now: "nothing", note: "One process and one data directory need no menu." },
];

/** What somebody meant who typed `words` (with or without pi-manage before them): the entry that names most of them. */
export function findOldCommand(words: readonly string[]): OldCommand | null {
  const typed = words[0] === "pi-manage" ? words.slice(1) : words;
  const fits = ({ words: name }: OldCommand) => name.split(" ").every((word, index) => typed[index] === word);
  return oldCommands.filter(fits).sort((a, b) => b.words.split(" ").length - a.words.split(" ").length)[0] ?? null;
}

/**
 * What to say to somebody who typed a name of privacyIDEA; null: it is none.
 * @param ours the first word begins commands of ours: only a whole old name counts then
 */
export function explainOldName(args: readonly string[], ours: boolean): string | null {
  const words = args.filter((word) => !word.startsWith("-")).slice(0, 3);
  const old = findOldCommand(words);
  if (old) return describeOldCommand(old);
  const [first = "", second = ""] = words;
  if (ours) return null;
  const group = first === "pi-manage" ? second : first;
  const several = oldCommands.filter(({ words: name, program }) => !program && name.startsWith(`${group} `));
  if (several.length > 0) return several.map(describeOldCommand).join("\n");
  return first === "pi-manage" ? "docs/from-privacyidea.md lists the commands of pi-manage and ours for them." : null;
}

/** One or two lines for the terminal. */
function describeOldCommand({ words, now, note, program }: OldCommand): string {
  const name = `"${words}" is ${program ? "a program" : "a command of pi-manage"}`;
  const here =
    typeof now === "object"
      ? `here it is: ${now.usage}`
      : now === "later"
        ? "there is nothing for it here yet."
        : "here nothing is needed for it.";
  return `${name}; ${here}${note === "" ? "" : `\n  ${note.replaceAll("`", "")}`}`;
}
