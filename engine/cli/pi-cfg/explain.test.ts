// A pi.cfg explained (config-and-tokens.md A00-A74, Z01, Z02, Z04, Z05, Z08, Z09), and the page that is printed from the tables.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings } from "../../config.ts";
import { registry } from "../../settings.ts";
import { explainOldName, findOldCommand, oldCommands } from "../pi-manage.ts";
import { describeFate, explainPiCfg } from "./explain.ts";
import { migrationPagePath, printMigrationPage } from "./page.ts";
import { oldKeys } from "./registry.ts";
import { printToml } from "./toml.ts";

const explain = (...texts: string[]) =>
  explainPiCfg(
    texts.map((text, index) => ({ name: `file${index + 1}`, text })),
    {},
  );
const one = (text: string) => {
  const { lines, settings } = explain(text);
  return { ...lines.at(-1), set: Object.fromEntries(settings.map(({ key, value }) => [key, value])) };
};

describe("the table", () => {
  test("has A01 to A74, each once", () => {
    const ids = [...oldKeys.values()].map(({ id }) => id).sort();
    expect(ids).toEqual(Array.from({ length: 74 }, (_, index) => `A${String(index + 1).padStart(2, "0")}`));
  });
  test("names only settings that exist", () => {
    for (const [name, { became }] of oldKeys)
      if (became.kind === "setting")
        for (const key of became.settings)
          expect([name, Object.keys(registry)]).toEqual([name, expect.arrayContaining([key]) as never]);
    // In words as well: every `section.name` in the text of a setting's form is one, or the name of a file.
    for (const [name, key] of oldKeys) {
      for (const [, word = ""] of `${describeFate(key)} ${key.why}`.matchAll(/`([a-z]+\.[a-z_]+)`/g))
        expect([name, word, Object.hasOwn(registry, word) || word === "ostiary.db"]).toEqual([name, word, true]);
    }
  });
  test("docs/from-privacyidea.md is in step (bun engine/cli/pi-cfg/page.ts > docs/from-privacyidea.md)", async () => {
    expect(await Bun.file(migrationPagePath).text()).toBe(printMigrationPage());
  });
  test("B01 to B21 of pi-manage, each at least once", () => {
    const ids = new Set(oldCommands.flatMap(({ id }) => id.split(", ")).filter((id) => id.startsWith("B")));
    expect([...ids].sort()).toEqual(Array.from({ length: 21 }, (_, index) => `B${String(index + 1).padStart(2, "0")}`));
  });
});

describe("what became of a line", () => {
  const ROWS: [line: string, state: string, set: Record<string, unknown>, warning?: RegExp][] = [
    ["PI_NODE = 'alpha'", "setting", { "node.name": "alpha" }], // A35
    ["PI_NODE = 'two words'", "unread", {}, /node\.name must be/],
    ["PI_NODE = 7", "unread", {}, /not a text/],
    ["PI_NODE = None", "setting", {}],
    ["PI_NODES = ['alpha', 'beta']", "later", {}], // A36
    ["PI_AUDIT_SERVERNAME = 'alpha'", "setting", { "node.name": "alpha" }], // A17, Z05
    ["PI_LOGLEVEL = 10", "setting", { "log.level": "debug" }, /search of a fault/], // A19
    ["PI_LOGLEVEL = 20", "setting", { "log.level": "info" }],
    ["PI_LOGLEVEL = logging.WARNING", "setting", { "log.level": "warning" }],
    ["PI_LOGLEVEL = 40", "setting", { "log.level": "error" }],
    ["PI_LOGLEVEL = 50", "setting", { "log.level": "error" }],
    ["PI_LOGLEVEL = 9", "setting", { "log.level": "debug" }, /passwords/], // Z04
    ["PI_LOGLEVEL = 'loud'", "unread", {}, /not a whole number/],
    ["PI_NO_RESPONSE_SIGN = True", "setting", { "response.signature": "never" }], // A28, Z07
    ["PI_NO_RESPONSE_SIGN = False", "setting", {}, /nonce/],
    ["SUPERUSER_REALM = ['super', 'administrators']", "setting", { "auth.superuser_realms": ["super", "administrators"] }], // A02
    ["SUPERUSER_REALM = 'super'", "setting", { "auth.superuser_realms": ["super"] }],
    ["SUPERUSER_REALM = [1]", "unread", {}, /not a list/],
    [
      "PI_TRUSTED_JWT = [{'public_key': 'PEM', 'algorithm': 'RS256', 'role': 'user', 'realm': 'r', 'username': '.*', 'resolver': ''}]",
      "setting",
      {
        "auth.trusted_jwt": [{ public_key: "PEM", algorithm: "RS256", role: "user", realm: "r", username: ".*", resolver: "" }],
      },
    ], // A37
    [
      "PI_TRUSTED_JWT = [{'public_key': 'PEM', 'algorithm': 'HS256', 'role': 'user', 'username': 'x'}]",
      "unread",
      {},
      /algorithm/,
    ],
    ["PI_PREFERRED_LANGUAGE = ['de', 'en']", "setting", { "messages.languages": ["de", "en"] }], // A27
    ["PI_PREFERRED_LANGUAGE = ['fr', 'de']", "setting", { "messages.languages": ["de"] }, /1 of the languages/],
    ["PI_PREFERRED_LANGUAGE = ['fr']", "setting", {}, /not spoken/],
    [
      "PI_HSM_MODULE_MODULE = '/usr/lib/softhsm/libsofthsm2.so'",
      "setting",
      { "keys.pkcs11_module": "/usr/lib/softhsm/libsofthsm2.so" },
    ], // A43
    ["PI_HSM_MODULE_SLOT = -1", "setting", { "keys.pkcs11_slot": -1 }], // A44, Z13
    ["PI_HSM_MODULE_SLOTNAME = 'pi'", "setting", { "keys.pkcs11_token_label": "pi" }], // A45
    ["PI_HSM_MODULE_MAX_RETRIES = 7", "setting", { "keys.pkcs11_retries": 7 }], // A47
    ["PI_HSM_MODULE_MAX_RETRIES = 70", "unread", {}, /keys\.pkcs11_retries must be/],
    ["PI_HSM_MODULE_KEYID = 10", "nothing", {}], // A52
    ["PI_GNUPG_HOME = '/etc/pi/gpg'", "setting", { "import.gpg_directory": "/etc/pi/gpg" }], // A67
    [
      "PI_HASH_ALGO_PARAMS = {'argon2__rounds': 5, 'argon2__memory_cost': 76800}",
      "setting",
      { "hash.memory_kib": 76800, "hash.iterations": 5 },
    ], // A26
    ["PI_HASH_ALGO_PARAMS = {'argon2__rounds': 9}", "setting", { "hash.iterations": 9 }],
    ["PI_HASH_ALGO_PARAMS = {'argon2__rounds': 5, 'argon2__memory_cost': 768}", "setting", {}, /defaults stay/],
    ["PI_HASH_ALGO_PARAMS = {'argon2__rounds': 100, 'argon2__memory_cost': 1048576}", "setting", {}, /dearer/],
    ["PI_HASH_ALGO_PARAMS = {'pbkdf2_sha512__rounds': 7}", "setting", {}, /No cost of Argon2/],
    ["PI_HASH_ALGO_LIST = ['pbkdf2_sha512', 'argon2']", "nothing", {}], // A25, Z03
    ["PI_AUDIT_NO_SIGN = True", "nothing", {}, /not signed/], // A16, Z09
    ["PI_AUDIT_NO_SIGN = False", "nothing", {}],
    ["PI_UI_DEACTIVATED = True", "nothing", {}], // A23, Z08
    ["PI_ENCFILE = '/etc/pi/enckey'", "elsewhere", {}], // A07
    ["email.concurrent_challenges = True", "later", {}], // A60
    ["PI_LOGLEVL = 10", "unknown", {}, /typing error/],
    ["SOMETHING_ELSE = 10", "unknown", {}],
    ["PI_NODE = socket.gethostname()", "unread", {}, /Look at this line/],
  ];
  for (const [text, state, set, warning] of ROWS) {
    test(text, () => {
      const found = one(text);
      expect({ state: String(found.state), set: found.set }).toEqual({ state, set: set as typeof found.set });
      if (warning) expect(found.warning).toMatch(warning);
      else expect(found.warning).toBeNull();
    });
  }

  test("Z01 of several values for one key the last counts, also in a later file", () => {
    const { lines, settings } = explain("PI_NODE = 'a'\nPI_NODE = 'b'\nPI_LOGLEVEL = 40", "PI_NODE = 'c'");
    expect(lines.map(({ file, line, state }) => [file, line, state])).toEqual([
      ["file1", 1, "overridden"],
      ["file1", 2, "overridden"],
      ["file1", 3, "setting"],
      ["file2", 1, "setting"],
    ]);
    expect(lines[1]?.why).toContain("line 1 of file2");
    expect(settings.map(({ key, value }) => [key, value])).toEqual([
      ["node.name", "c"],
      ["log.level", "error"],
    ]);
  });
  test("Z05 PI_NODE counts before PI_AUDIT_SERVERNAME, wherever it stands", () => {
    for (const text of ["PI_NODE = 'node'\nPI_AUDIT_SERVERNAME = 'audit'", "PI_AUDIT_SERVERNAME = 'audit'\nPI_NODE = 'node'"])
      expect(one(text).set).toEqual({ "node.name": "node" });
  });
  test("a value that an earlier line gave does not come back when the last one can not be read", () => {
    expect(one("PI_NODE = 'a'\nif x:\n    PI_NODE = 'b'").set).toEqual({});
  });
  test("variables in small letters are material for others and not lines of their own", () => {
    expect(explain("base = '/etc/pi'\nPI_GNUPG_HOME = base + '/gpg'").lines.map(({ key }) => key)).toEqual(["PI_GNUPG_HOME"]);
  });
  test("code that is not read is named by its line", () => {
    const { lines } = explain("import os\nfor x in y:\n    pass\nexec('rm')\n");
    expect(lines.map(({ line, state }) => [line, state])).toEqual([
      [2, "unread"],
      [4, "unread"],
    ]);
  });
});

test("secrets are never shown: SECRET_KEY, PI_PEPPER, the PIN of a slot, passwords in addresses, tables", () => {
  const text = `
SECRET_KEY = 'hunter-1'
PI_PEPPER = "hunter-2"
PI_HSM_MODULE_PASSWORD = 'hunter-3'
SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://pi:hunter-4@db/pi'
PI_AUDIT_SQL_URI = 'mysql://db/pi?password=hunter-5'
SQLALCHEMY_ENGINE_OPTIONS = {'connect_args': {'password': 'hunter-6'}}
PI_JOB_QUEUE_URL = 'redis://:hunter-7@host'
PI_TRUSTED_JWT = [{'public_key': 'hunter-8'}]
UNKNOWN_KEY = 'hunter-9'
SECRET_KEY = 'hunter-10' + unknown
`;
  const { lines, settings } = explain(text);
  expect(lines.length).toBe(10);
  expect(JSON.stringify([lines, settings, printToml(["x"], settings)])).not.toContain("hunter");
});

describe("ostiary.toml", () => {
  const load = (toml: string) => {
    const dataDir = mkdtempSync(join(tmpdir(), "ostiary-toml-"));
    try {
      writeFileSync(join(dataDir, "ostiary.toml"), toml);
      return loadSettings({ dataDir, env: {}, flags: [] });
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  };
  test("what is printed is read back as the same settings", () => {
    const { settings } = explain(
      "PI_NODE='n'\nPI_LOGLEVEL=30\nPI_NO_RESPONSE_SIGN=True\nPI_GNUPG_HOME='/a b'\nPI_HASH_ALGO_PARAMS={'argon2__rounds': 3}\n" +
        "PI_TRUSTED_JWT=[{'public_key': 'a\\nb', 'algorithm': 'RS256', 'role': 'user', 'username': 'x'}]",
    );
    expect(load(printToml(["a comment", "with a\nline end"], settings))).toMatchObject({
      "node.name": "n",
      "log.level": "warning",
      "response.signature": "never",
      "import.gpg_directory": "/a b",
      "hash.iterations": 3,
      "auth.trusted_jwt": [{ public_key: "a\nb", algorithm: "RS256", role: "user", username: "x" }],
    });
  });
  test.each(["quote \" and '", "back\\slash", "tab\tand\nline", "\u007f\u0001", "\ud800 alone", "ü😀", "# no comment"])(
    "text %j",
    (path) => {
      const toml = printToml([], [{ key: "import.gpg_directory", value: `/${path}`, comment: "odd\n[server]" }]);
      expect(load(toml)["import.gpg_directory"]).toBe(`/${path.toWellFormed()}`);
    },
  );
});

describe("old names of commands", () => {
  const said = (text: string) => explainOldName(text.split(" "), false);
  test.each([
    ["create_enckey", "ostiary key create"], // B01
    ["pi-manage create_enckey --enckey_b64=x", "ostiary key create"],
    ["encrypt_enckey /etc/privacyidea/enckey", "ostiary key encrypt"],
    ["create_audit_keys", "ostiary init"], // B03
    ["admin change root", "ostiary admin password"], // B07
    ["runserver", "ostiary serve"], // B06
    ["rotate_audit --age 3", "ostiary audit rotate"], // B09
    ["api createtoken -r validate", '"api createtoken"'], // B12
    ["api", '"api createtoken"'],
    ["policy p_export", '"policy" is a command of pi-manage'], // B14
    ["privacyidea-cron run_scheduled", '"privacyidea-cron" is a program'],
  ])("%s", (typed, answer) => expect(said(typed)).toContain(answer));
  test("what is none of them is left alone; a group of ours counts before an old one", () => {
    for (const text of ["relam list", "zzz", ""]) expect(said(text)).toBeNull();
    expect(explainOldName(["api", "key"], true)).toBeNull();
    expect(explainOldName(["pi-manage"], false)).toContain("docs/from-privacyidea.md");
  });
  test("of several the longest counts", () => expect(findOldCommand(["db", "stamp", "head"])?.words).toBe("db stamp"));
});
