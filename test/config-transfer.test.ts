// config export and import: export -> import -> export is the identity, all or nothing, secrets stay where they are, and nothing
// that somebody else changes meanwhile is lost. Secrets of user sources also over REST (rest-api.md 2.6; Z26, 5 item 34).
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCommandRun } from "../engine/cli/local-engine.ts";
import { type ConfigurationExport, exportConfiguration } from "../engine/services/configuration-export.ts";
import { parseDocument } from "../engine/services/configuration-file.ts";
import { applyImport } from "../engine/services/configuration-import.ts";
import { planImport } from "../engine/services/configuration-plan.ts";
import { resolverTypes } from "../engine/users/registry.ts";
import { ResolverError, type ResolverType } from "../engine/users/resolver.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { configure, passwdLine, readAudit } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

/** What happens once while the next user source is opened: after an import has looked, before it writes. */
let whileOpening: (() => Promise<unknown>) | null = null;

/** A user source with a secret, which no type of this release has: it opens for one password only. */
const vaultedSource: ResolverType = {
  type: "vaultedresolver",
  fields: [
    { name: "Address", kind: "text", required: true, label: "", help: "" },
    { name: "Secret", kind: "secret", required: true, label: "", help: "" },
  ],
  async open({ name, values }) {
    const meanwhile = whileOpening;
    whileOpening = null;
    await meanwhile?.();
    if (values.Secret !== "hunter2") throw new ResolverError("the password is wrong");
    const none = async () => null;
    return {
      name,
      type: "vaultedresolver",
      findByLogin: none,
      findById: none,
      search: async () => [],
      checkPassword: async () => false,
      testConnection: async () => "Resolver config seems OK. 0 Users found.",
      close() {},
    } as never;
  },
};

const shared = mkdtempSync(join(tmpdir(), "ostiary-users-"));
const users = join(shared, "people");
let app: TestApp;
const start = () => startApp({ "users.passwd_directories": shared });

beforeAll(async () => {
  (resolverTypes as ResolverType[]).push(vaultedSource);
  writeFileSync(users, `${passwdLine("alice", 1)}\n`);
  app = await start();
  await fill(app);
});
afterAll(async () => {
  (resolverTypes as ResolverType[]).splice(resolverTypes.indexOf(vaultedSource), 1);
  await app.stop();
  rmSync(shared, { recursive: true });
});

async function fill({ api, engine }: TestApp): Promise<void> {
  await api("POST", "/resolver/people", { type: "passwdresolver", Filename: users });
  await api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "here", Secret: "hunter2" });
  await api("POST", "/realm/home", { resolvers: "people,vaulted", "priority.people": 5 });
  await api("POST", "/realm/away", { resolvers: "people" });
  await configure({ api }, { DefaultOtpLen: 8, greeting: "hello", "greeting.type": "public", "greeting.desc": "for the site" });
  await configure({ api }, { "mail.secret": "hunter3", "mail.secret.type": "password" });
  const query = engine.store.sql.insertInto("token_group").values({ name: "old", description: "the old ones" }).compile();
  await engine.store.commit({ kind: "write", statements: [{ query }], touches: [] });
}

/** As the commands do it, with secrets filled in. */
async function importInto(target: TestApp, text: string, prune = false, secrets: Record<string, string> = {}) {
  const wanted = parseDocument(text);
  const current = await exportConfiguration(target.engine);
  for (const [name, secret] of Object.entries(secrets)) {
    const resolver = wanted.resolvers[name];
    const setting = wanted.system[name];
    if (resolver) resolver.data.Secret = secret;
    if (setting) setting.value = secret;
  }
  const plan = planImport(current, wanted, prune);
  expect(plan.faults).toEqual([]);
  const audit = describeCommandRun("config import", true, "test", "test", target.engine.now());
  await applyImport(target.engine, plan, current, wanted, audit);
  return plan;
}
const exported = async ({ engine }: TestApp) => JSON.stringify(await exportConfiguration(engine), null, 2);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (fault: unknown) => (fault as Error).message,
  );

test("no secret is in an export, nor where it is sealed", async () => {
  const text = await exported(app);
  expect(text).not.toMatch(/hunter/);
  expect(text.match(/__CENSORED__/g)?.length).toBe(2);
});

describe("export -> import -> export", () => {
  test("into an empty server, with the secrets: the same bytes, and everything works", async () => {
    const target = await start();
    try {
      const text = await exported(app);
      await importInto(target, text, false, { vaulted: "hunter2", "mail.secret": "hunter3" });
      expect(await exported(target)).toBe(text);
      const found = await target.api<{ username: string }[]>("GET", "/user/", { realm: "home" });
      expect(found.value?.map(({ username }) => username)).toEqual(["alice"]);
      expect((await target.api<boolean>("POST", "/resolver/test", { type: "vaultedresolver", resolver: "vaulted" })).value).toBe(
        true,
      );
      expect(target.engine.systemConfig().DefaultOtpLen).toBe(8);
      expect(readAudit(target.dataDir, "action = 'config import'").length).toBe(1);
    } finally {
      await target.stop();
    }
  });
  test("into itself: nothing changes, no audit row is written, pruned or not", async () => {
    const text = await exported(app);
    for (const prune of [false, true]) expect((await importInto(app, text, prune)).changes).toEqual([]);
    expect(await exported(app)).toBe(text);
    expect(readAudit(app.dataDir, "action = 'config import'")).toEqual([]);
  });
  test("--prune into a server that has other things: the same bytes afterwards", async () => {
    const target = await start();
    try {
      await target.addRealm("elsewhere", []).catch(() => {});
      await target.api("POST", "/resolver/other", { type: "passwdresolver", Filename: users });
      await target.api("POST", "/realm/elsewhere", { resolvers: "other" });
      await configure(target, { colour: "red", DefaultOtpLen: 6 });
      const text = await exported(app);
      const secrets = { vaulted: "hunter2", "mail.secret": "hunter3" };
      await importInto(target, text, false, secrets);
      const both = JSON.parse(await exported(target)) as ConfigurationExport;
      expect([Object.keys(both.realms), both.default_realm, Object.keys(both.system)]).toEqual([
        ["away", "elsewhere", "home"],
        "home",
        ["DefaultOtpLen", "colour", "greeting", "mail.secret"],
      ]);
      await importInto(target, text, true);
      expect(await exported(target)).toBe(text);
    } finally {
      await target.stop();
    }
  });
  test("an edited secret replaces the stored one; the censored text keeps it", async () => {
    const before = await exported(app);
    await importInto(app, before.replace('"value": "__CENSORED__"', '"value": "hunter4"'));
    const setting = (
      await app.engine.store.point(
        app.engine.store.sql.selectFrom("config").selectAll().where("key", "=", "mail.secret").compile(),
      )
    )[0];
    expect([setting?.type, setting?.value.includes("hunter")]).toEqual(["password", false]);
    expect(await exported(app)).toBe(before);
  });
});

describe("all or nothing", () => {
  let before = "";
  beforeEach(async () => {
    before = await exported(app);
  });
  const edited = (change: (document: ConfigurationExport) => void) => {
    const document = JSON.parse(before) as ConfigurationExport;
    change(document);
    return JSON.stringify(document);
  };

  test("a user source that does not open", async () => {
    const text = edited(({ resolvers, system }) => {
      resolvers.vaulted = { type: "vaultedresolver", data: { Address: "there", Secret: "wrong" } };
      system.colour = { value: "red", type: "", description: "" };
    });
    expect(await failure(importInto(app, text))).toContain("the password is wrong");
    expect(await exported(app)).toBe(before);
  });

  const races: [what: string, change: (document: ConfigurationExport) => void, meanwhile: (app: TestApp) => Promise<unknown>][] =
    [
      [
        "a setting",
        ({ system }) => {
          Object.assign(system.greeting ?? {}, { value: "bye" });
        },
        ({ api }) => configure({ api }, { greeting: "moin" }),
      ],
      [
        "a new setting",
        ({ system }) => {
          system.fresh = { value: "a", type: "", description: "" };
        },
        ({ api }) => configure({ api }, { fresh: "b" }),
      ],
      [
        "a member of a realm",
        ({ realms }) => {
          realms.away = { resolvers: [] };
        },
        ({ api }) => api("POST", "/realm/away", { resolvers: "people,vaulted" }),
      ],
      [
        "a priority",
        ({ realms }) => {
          realms.away = { resolvers: [] };
        },
        ({ api }) => api("POST", "/realm/away", { resolvers: "people", "priority.people": 7 }),
      ],
      [
        "a new realm",
        ({ realms }) => {
          realms.fresh = { resolvers: [] };
        },
        ({ api }) => api("POST", "/realm/fresh", { resolvers: "people" }),
      ],
      [
        "the default realm",
        (document) => {
          document.default_realm = "away";
        },
        ({ api }) => api("DELETE", "/defaultrealm"),
      ],
      [
        "a user source",
        ({ resolvers }) => {
          Object.assign(resolvers.vaulted?.data ?? {}, { Address: "there" });
        },
        ({ api }) => api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "elsewhere" }),
      ],
    ];
  for (const when of ["after the plan was made", "while the import works"]) {
    test.each(races)(
      `%s that somebody changes ${when}: nothing is stored, his change stays`,
      async (_what, change, meanwhile) => {
        const wanted = parseDocument(
          edited((document) => {
            change(document);
            // Opens the source, so that there is a moment for the other change.
            Object.assign(document.resolvers.vaulted?.data ?? {}, { Address: "there" });
          }),
        );
        const current = await exportConfiguration(app.engine);
        const plan = planImport(current, wanted, false);
        let changed = "";
        const race = async () => {
          await meanwhile(app);
          changed = await exported(app);
        };
        if (when.startsWith("after")) await race();
        else whileOpening = race;
        const audit = describeCommandRun("config import", true, "test", "test", app.engine.now());
        expect(await failure(applyImport(app.engine, plan, current, wanted, audit))).toContain("at the same moment");
        expect(changed).not.toBe(before);
        expect(await exported(app)).toBe(changed);
        // Back to where it was.
        await importInto(app, before, true);
        expect(await exported(app)).toBe(before);
      },
    );
  }
});

describe("secrets of user sources over REST", () => {
  const show = async () =>
    (await app.api<Record<string, { data: object; censor_keys: string[] }>>("GET", "/resolver/vaulted")).value?.vaulted;

  test("item 34, Z26: shown as __CENSORED__, which keeps the stored one on writing and uses it on testing", async () => {
    expect(await show()).toMatchObject({ data: { Address: "here", Secret: "__CENSORED__" }, censor_keys: ["Secret"] });
    for (const more of [{}, { Secret: "__CENSORED__" }]) {
      const written = await app.api<number>("POST", "/resolver/vaulted", { type: "vaultedresolver", ...more });
      expect(written.value).toBeGreaterThan(0);
      const trial = await app.api<boolean>("POST", "/resolver/test", { type: "vaultedresolver", resolver: "vaulted", ...more });
      expect(trial.value).toBe(true);
    }
    const wrong = await app.api("POST", "/resolver/test", { type: "vaultedresolver", resolver: "vaulted", Secret: "wrong" });
    expect([wrong.value, wrong.detail?.description]).toEqual([false, "the password is wrong"]);
    expect((await app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Secret: "wrong" })).error?.code).toBe(302);
  });
  test("__CENSORED__ where nothing is stored is no secret; the type can not change", async () => {
    const fresh = await app.api("POST", "/resolver/fresh", { type: "vaultedresolver", Address: "x", Secret: "__CENSORED__" });
    expect(fresh.error?.message).toBe("ERR905: Missing parameter: 'Secret'");
    expect((await app.api("POST", "/resolver/vaulted", { type: "passwdresolver", Filename: users })).error?.code).toBe(302);
  });
  test("somebody changes a source while another's change of it is tried: the other is told to look again, nothing is mixed", async () => {
    whileOpening = () => app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "his" });
    const mine = await app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "mine" });
    expect([mine.status, mine.error?.message]).toEqual([400, expect.stringContaining("at the same moment") as never]);
    expect(await show()).toMatchObject({ data: { Address: "his" } });
    // A field that was not given counts as well: it was tried with the address as it stood.
    whileOpening = () => app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "here" });
    expect((await app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Secret: "hunter2" })).error?.code).toBe(905);
    whileOpening = () => app.api("DELETE", "/realm/home").then(() => app.api("DELETE", "/resolver/vaulted"));
    expect((await app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "mine" })).error?.code).toBe(905);
    expect(await show()).toBeUndefined();
    whileOpening = () => app.api("POST", "/resolver/vaulted", { type: "passwdresolver", Filename: users });
    const late = await app.api("POST", "/resolver/vaulted", { type: "vaultedresolver", Address: "here", Secret: "hunter2" });
    expect([late.error?.code, (await show())?.data]).toEqual([905, { Filename: users }] as never);
  });
  test("no answer, audit row or database file has it in the clear", async () => {
    expect(JSON.stringify([await show(), readAudit(app.dataDir)])).not.toContain("hunter");
  });
});

describe("the commands", () => {
  const dataDir = makeDataDir();
  const run = (args: string[], input = "") =>
    runOstiary([...args, "--data", dataDir, "--set", `users.passwd_directories=${shared}`], { input });
  const file = (text: string) => {
    writeFileSync(join(dataDir, "document.json"), text);
    return join(dataDir, "document.json");
  };
  let text = "";
  beforeAll(async () => {
    await run(["init", "--admin", adminName, "--password-stdin"], `${adminPassword}\n`);
    // The types of the command are those of the release.
    const document = JSON.parse(await exported(app)) as ConfigurationExport;
    delete document.resolvers.vaulted;
    document.realms.home = { resolvers: [{ name: "people", priority: 5 }] };
    text = `${JSON.stringify(document, null, 2)}\n`;
  });

  test("--dry-run says it and stores nothing; missing secrets are asked for, on standard input only", async () => {
    const empty = (await run(["config", "export"])).stdout;
    const dry = await run(["config", "import", file(text), "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, ""]);
    expect(dry.stdout).toContain("+ resolver people: passwdresolver, Filename\n+ realm away: people\n");
    expect(dry.stdout).toContain("? needs the secret of setting mail.secret\n");
    const without = await run(["config", "import", file(text)]);
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining("--secrets-stdin") as never]);
    expect((await run(["config", "import", file(text), "--secrets-stdin"], "\n")).code).toBe(1);
    expect((await run(["config", "export"])).stdout).toBe(empty);
    const done = await run(["config", "import", file(text), "--secrets-stdin", "--json"], "hunter5\n");
    expect([done.code, JSON.parse(done.stdout)]).toEqual([0, expect.objectContaining({ stored: true }) as never]);
    expect((await run(["config", "export"])).stdout).toBe(text);
    expect((await run(["config", "import", file(text)])).stdout).toBe("nothing to change\n");
    expect(JSON.stringify(readAudit(dataDir))).not.toContain("hunter5");
  });
  test("--dry-run tries the user sources as well", async () => {
    const before = (await run(["config", "export"])).stdout;
    const document = JSON.parse(before) as ConfigurationExport;
    document.resolvers.elsewhere = { type: "passwdresolver", data: { Filename: "/etc/hostname" } };
    const dry = await run(["config", "import", file(JSON.stringify(document)), "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([
      1,
      expect.stringMatching(/resolver elsewhere: .*users\.passwd_directories/) as never,
    ]);
    expect((await run(["config", "export"])).stdout).toBe(before);
  });
  test("--prune takes away what is not in it", async () => {
    const document = JSON.parse(text) as ConfigurationExport;
    delete document.system.greeting;
    const shorter = file(`${JSON.stringify(document, null, 2)}\n`);
    expect((await run(["config", "import", shorter])).stdout).toBe("nothing to change\n");
    expect((await run(["config", "import", shorter, "--prune"])).stdout).toBe("- setting greeting\n");
  });
  test("a file that is not there, no document, or has faults: words, exit code 1", async () => {
    for (const [path, word] of [
      ["/nonexistent", "can not be read"],
      [file("{"), "not JSON"],
      [file(text.replace('"8"', '"80"')), "from 4 to 10"],
    ] as const) {
      // The file is written anew for each row.
      if (path.startsWith(dataDir)) file(word === "not JSON" ? "{" : text.replace('"8"', '"80"'));
      const { code, stderr } = await run(["config", "import", path]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(word) as never]);
    }
    expect((await run(["config", "import"])).code).toBe(2);
  });
});
