// What an import would change, and what it refuses: documents against each other, nothing stored.
import { describe, expect, test } from "bun:test";
import type { ConfigurationExport } from "./configuration-export.ts";
import { DocumentError, parseDocument } from "./configuration-file.ts";
import { planImport } from "./configuration-plan.ts";

const empty = (): ConfigurationExport => ({
  format: "ostiary-configuration",
  version: 1,
  resolvers: {},
  realms: {},
  default_realm: null,
  system: {},
  token_groups: {},
});
const full = (): ConfigurationExport => ({
  ...empty(),
  resolvers: { people: { type: "passwdresolver", data: { Filename: "/users" } } },
  realms: { home: { resolvers: [{ name: "people", priority: 5 }] } },
  default_realm: "home",
  system: {
    DefaultOtpLen: { value: "8", type: "", description: "" },
    "mail.secret": { value: "__CENSORED__", type: "password", description: "of the mail server" },
  },
  token_groups: { old: { description: "the old ones" } },
});
const edit = (change: (document: ConfigurationExport) => void): ConfigurationExport => {
  const document = full();
  change(document);
  return document;
};
const changes = (current: ConfigurationExport, wanted: ConfigurationExport, prune = false) =>
  planImport(current, wanted, prune).changes.map(({ do: verb, what, name, detail }) => `${verb} ${what} ${name}: ${detail}`);

describe("changes", () => {
  test("the same document changes nothing, pruned or not", () => {
    for (const prune of [false, true])
      expect(planImport(full(), full(), prune)).toEqual({ changes: [], missing: [], faults: [] });
  });
  test("into an empty server: everything is made, the secret is missing", () => {
    const plan = planImport(empty(), full(), false);
    expect(plan.changes.map(({ do: verb, what, name }) => `${verb} ${what} ${name}`)).toEqual([
      "create resolver people",
      "create realm home",
      "change default realm home",
      "create setting DefaultOtpLen",
      "create setting mail.secret",
      "create token group old",
    ]);
    expect(plan.missing).toEqual([{ what: "setting", name: "mail.secret", field: null }]);
  });
  test("what is not in the document stays, or goes by --prune; the default realm is always as it says", () => {
    expect(changes(full(), empty())).toEqual(["change default realm none: before home"]);
    expect(changes(full(), empty(), true)).toEqual([
      "delete resolver people: ",
      "delete realm home: ",
      "change default realm none: before home",
      "delete setting DefaultOtpLen: ",
      "delete setting mail.secret: ",
      "delete token group old: ",
    ]);
  });
  test.each<[string, (document: ConfigurationExport) => void, string]>([
    [
      "a field",
      ({ resolvers }) => {
        Object.assign(resolvers.people?.data ?? {}, { Filename: "/other" });
      },
      "change resolver people: passwdresolver, Filename",
    ],
    [
      "a field less",
      ({ resolvers }) => {
        delete resolvers.people?.data.Filename;
      },
      "change resolver people: passwdresolver, Filename (removed)",
    ],
    [
      "a priority",
      ({ realms }) => {
        realms.home = { resolvers: [{ name: "people", priority: null }] };
      },
      "change realm home: people",
    ],
    [
      "no source",
      ({ realms }) => {
        realms.home = { resolvers: [] };
      },
      "change realm home: no user source",
    ],
    [
      "a value",
      ({ system }) => {
        Object.assign(system.DefaultOtpLen ?? {}, { value: "6" });
      },
      "change setting DefaultOtpLen: value",
    ],
    [
      "a type",
      ({ system }) => {
        Object.assign(system.DefaultOtpLen ?? {}, { type: "public" });
      },
      "change setting DefaultOtpLen: type",
    ],
    [
      "a new secret",
      ({ system }) => {
        Object.assign(system["mail.secret"] ?? {}, { value: "hunter2" });
      },
      "change setting mail.secret: value",
    ],
    [
      "words of a secret",
      ({ system }) => {
        Object.assign(system["mail.secret"] ?? {}, { description: "x" });
      },
      "change setting mail.secret: description",
    ],
    [
      "a group",
      ({ token_groups }) => {
        token_groups.old = { description: "x" };
      },
      "change token group old: description",
    ],
  ])("%s", (_what, change, expected) => expect(changes(full(), edit(change))).toEqual([expected]));
  test("names of objects' own members are names like others", () => {
    const wanted = JSON.parse(
      JSON.stringify(empty()).replace(
        '"system":{}',
        '"system":{"__proto__":{"value":"a","type":"","description":""},"constructor":{"value":"b","type":"","description":""}}',
      ),
    );
    expect(changes(empty(), wanted)).toEqual(["create setting __proto__: value", "create setting constructor: value"]);
  });
});

describe("what can not be imported is said, all of it, and no value with it", () => {
  test.each<[string, (document: ConfigurationExport) => void, string]>([
    [
      "another type of source",
      ({ resolvers }) => {
        resolvers.people = { type: "ldapresolver", data: {} };
      },
      "no user source of type",
    ],
    [
      "an unknown field",
      ({ resolvers }) => {
        Object.assign(resolvers.people?.data ?? {}, { Colour: "red" });
      },
      "has no field",
    ],
    [
      "a bad name of a source",
      ({ resolvers }) => {
        resolvers["a b"] = { type: "passwdresolver", data: {} };
      },
      "a name is made of",
    ],
    [
      "the source test",
      ({ resolvers }) => {
        resolvers.test = { type: "passwdresolver", data: {} };
      },
      "a name is made of",
    ],
    [
      "a realm in capitals",
      ({ realms }) => {
        realms.HOME = { resolvers: [] };
      },
      "small letters",
    ],
    [
      "a reserved realm",
      ({ realms }) => {
        realms.superuser = { resolvers: [] };
      },
      "small letters",
    ],
    [
      "a realm of a source that is not there",
      ({ realms }) => {
        realms.home = { resolvers: [{ name: "moon", priority: null }] };
      },
      'no user source "moon"',
    ],
    [
      "a default realm that is not there",
      (document) => {
        document.default_realm = "moon";
      },
      'no realm "moon"',
    ],
    [
      "a wrong value",
      ({ system }) => {
        Object.assign(system.DefaultOtpLen ?? {}, { value: "hunter2" });
      },
      "from 4 to 10",
    ],
    [
      "another spelling",
      ({ system }) => {
        system.defaultotplen = { value: "6", type: "", description: "" };
      },
      "is spelt DefaultOtpLen",
    ],
    [
      "an unknown type of setting",
      ({ system }) => {
        system.x = { value: "hunter2", type: "secret", description: "" };
      },
      "a type is",
    ],
    [
      "the censored text for no secret",
      ({ system }) => {
        system.x = { value: "__CENSORED__", type: "", description: "" };
      },
      "stands for a secret",
    ],
    [
      "a secret the engine has to read",
      ({ system }) => {
        system.DefaultOtpLen = { value: "hunter2", type: "password", description: "" };
      },
      "DefaultOtpLen",
    ],
  ])("%s", (_what, change, word) => {
    const { faults } = planImport(full(), edit(change), false);
    expect(faults).toEqual([expect.stringContaining(word)]);
    expect(faults.join()).not.toContain("hunter2");
  });
  test("a source that --prune takes away is missing in a realm that stays", () => {
    const wanted = edit((document) => {
      document.resolvers = {};
    });
    expect(planImport(full(), wanted, false).faults).toEqual([]);
    expect(planImport(full(), wanted, true).faults).toEqual([expect.stringContaining('no user source "people"')]);
  });
});

describe("the form of the document", () => {
  const faultsOf = (text: string): readonly string[] => {
    try {
      parseDocument(text);
      return [];
    } catch (error) {
      if (error instanceof DocumentError) return error.faults;
      throw error;
    }
  };
  const with_ = (more: object) => JSON.stringify({ ...empty(), ...more });
  test("what was exported is read", () => expect(parseDocument(JSON.stringify(full()))).toEqual(full()));
  test.each([
    ["", "not JSON"],
    ["[]", '"format"'],
    ["null", '"format"'],
    ['{"format":"other"}', '"format"'],
    [with_({ version: 2 }), "version"],
    [with_({ policies: {} }), '"policies" is no part'],
    [with_({ realms: [] }), "realms is missing"],
    [with_({ realms: { a: null } }), 'realms, "a" is no object'],
    [with_({ realms: { a: { resolvers: "x" } } }), "no list"],
    [with_({ realms: { a: { resolvers: [{ name: "x", priority: 0 }] } } }), "from 1 to 999"],
    [
      with_({
        realms: {
          a: {
            resolvers: [
              { name: "x", priority: null },
              { name: "x", priority: 1 },
            ],
          },
        },
      }),
      "twice",
    ],
    [with_({ resolvers: { a: { type: "x" } } }), "data is missing"],
    [with_({ resolvers: { a: { type: "x", data: { b: 1 } } } }), '"a", data: b is not a text'],
    [with_({ system: { a: { value: 1, type: "", description: "" } } }), "value is not a text"],
    [with_({ default_realm: 7 }), "default_realm"],
  ])("%s", (text, word) => expect(faultsOf(text)).toEqual([expect.stringContaining(word)]));
  test("many faults: counted, not all listed, and no control character reaches a terminal", () => {
    const bad = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`\u001b[31m${index}`, 1]));
    try {
      parseDocument(with_({ system: bad }));
      throw new Error("it was read");
    } catch (error) {
      expect(error).toBeInstanceOf(DocumentError);
      expect(String(error)).toContain("200 faults");
      expect(String(error)).toContain("and 150 more");
      expect(String(error)).not.toContain("\u001b");
    }
  });
});
