// Imports point one way (docs: the map in README). The tables below are the rule; a file that breaks it is named with the line
// to look at. Type imports count: a type from above ties a folder to what stands above it just as well.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = dirname(import.meta.dir);

/** folder (or file) → what it may import besides itself, and why. A new folder of engine gets its line here. */
const mayImport: Record<string, { zones: string[]; why: string }> = {
  shared: { zones: [], why: "both the engine and the site import it: it knows neither" },
  "engine/core": { zones: ["shared"], why: "kernels are pure and stand below everything" },
  "engine/settings": { zones: ["shared", "engine/core"], why: "settings and log of the engine, for every folder above core" },
  "engine/workers": { zones: ["shared", "engine/core"], why: "threads that may die, for every folder that has some" },
  "engine/vault": { zones: below("workers"), why: "holds the keys, knows no database" },
  "engine/store": { zones: below("workers"), why: "holds the rows, knows no key" },
  "engine/audit": {
    zones: below("vault", "store", "workers"),
    why: "the trail: signing, verifying, searching, rotation; knows no token",
  },
  "engine/users": { zones: below("vault", "store"), why: "resolvers and realms; knows no token" },
  "engine/tokens": { zones: below("vault", "store"), why: "one file per token type; knows no resolver" },
  "engine/policy": { zones: below("vault", "store"), why: "the compiled rules; knows neither users nor tokens" },
  "engine/login": { zones: below("vault", "store", "users", "tokens", "policy"), why: "the pipeline of a login" },
  "engine/services": {
    zones: below("workers", "vault", "store", "audit", "users", "tokens", "policy", "login"),
    why: "what else an endpoint can ask for; /auth is a login, so login stands below",
  },
  "engine/http": {
    zones: below("workers", "vault", "store", "audit", "users", "tokens", "policy", "login", "services"),
    why: "a front",
  },
  "engine/radius": { zones: below("vault", "store", "audit", "users", "tokens", "policy", "login", "services"), why: "a front" },
  "engine/ldap": { zones: below("vault", "store", "audit", "users", "tokens", "policy", "login", "services"), why: "a front" },
  "engine/backup": {
    zones: below("vault", "store", "audit", "users", "tokens", "policy", "login", "services"),
    why: "archives of a data directory, made and restored",
  },
  "engine/assemble": {
    zones: [
      ...below("workers", "vault", "store", "audit", "users", "tokens", "policy", "login", "services", "http", "radius", "ldap"),
      "package.json",
    ],
    why: "puts the parts together, for serve, for the commands that work on a stopped server, and for tests",
  },
  "engine/cli": {
    zones: below(
      "vault",
      "store",
      "audit",
      "users",
      "tokens",
      "policy",
      "login",
      "services",
      "http",
      "radius",
      "ldap",
      "backup",
      "assemble",
    ),
    why: "one file per command",
  },
  "engine/main": {
    zones: [...below("vault", "store", "backup", "cli"), "package.json"],
    why: "the list of commands, the version, and which faults need no stack",
  },
  web: { zones: ["shared"], why: "the site speaks to the engine over REST only" },
  bench: { zones: ["*"], why: "measures anything" },
  test: { zones: ["*"], why: "tests anything" },
};

/** package → the zones that may use it. Others of Node and Bun are free, except in the kernels. */
const packageZones: Record<string, string[]> = {
  "@sinclair/typebox": ["shared", "engine/http", "test"],
  elysia: ["engine/http", "bench"],
  "@logtape/logtape": ["engine/settings"],
  jose: ["engine/services", "test"],
  re2js: ["engine/services", "engine/audit"],
  yaml: ["engine/audit"],
  kysely: ["engine/store", "engine/audit", "engine/services"],
  "bun:ffi": ["engine/vault"],
  "bun:sqlite": ["engine/store", "engine/audit", "engine/services", "engine/backup", "test", "bench"],
  "modern-tar": ["engine/backup", "test"],
  openpgp: ["engine/services", "test"],
  piscina: ["engine/workers", "engine/vault", "engine/store", "engine/audit"],
  qr: ["engine/vault", "engine/cli"],
  "@noble/hashes": ["test", "engine/core"],
  "@noble/curves": ["test", "engine/core"],
  "fast-check": ["test"],
  "@seriousme/openapi-schema-validator": ["test"],
  "playwright-core": ["test"],
  "swagger-ui-dist": ["engine/http"],
};

/** What kernels may not touch: clocks, randomness, the environment, I/O. Tests beside them may. */
const impure: [pattern: RegExp, instead: string][] = [
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bBun\.nanoseconds\(/, "a clock: take the time as an argument"],
  [/\bMath\.random\(|\brandom(?:Bytes|UUID|Int|Fill\w*)\b|\bgetRandomValues\b/, "randomness: take it as an argument"],
  [
    /\bprocess\.(?:env|argv|cwd|exit|std\w+)|\bBun\.(?:env|argv|file|write|spawn\w*|serve)\b|\bimport\.meta\.env\b/,
    "the world outside",
  ],
  [/\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bconsole\./, "I/O and timers"],
  [/from "node:(?!crypto"|net"|buffer"|util")/, "only node:crypto, node:net (isIP), node:buffer and node:util"],
];

/** The settings, core and what is named, in engine. */
function below(...folders: string[]): string[] {
  return ["shared", "engine/core", "engine/settings", ...folders.map((folder) => `engine/${folder}`)];
}

/** Which line of the table a file (relative to the root) falls under. */
function zoneOf(file: string): string {
  const [top = "", second = "", third] = file.split("/");
  if (top !== "engine") return top;
  if (third !== undefined) return `engine/${second}`;
  return /^(settings?(?:-[\w-]+)?|config|log(?:-[\w-]+)?)\./.test(second) ? "engine/settings" : `engine/${second.split(".")[0]}`;
}

interface Import {
  line: number;
  target: string;
}

const importPattern =
  /^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"$]+)"\)|new URL\("(\.[^"]+\.ts)",\s*import\.meta\.url\)/gm;

/** Every module a file names, types and workers included. */
function readImports(source: string): Import[] {
  return [...source.matchAll(importPattern)].map((match) => ({
    line: source.slice(0, match.index).split("\n").length,
    target: match[1] ?? match[2] ?? match[3] ?? "",
  }));
}

/** The file of the workspace that an import means; undefined for packages. */
function resolveImport(file: string, target: string): string | undefined {
  if (target.startsWith("@ostiary/")) return target.slice("@ostiary/".length);
  if (target.startsWith("#lib/")) return `web/src/lib/${target.slice("#lib/".length)}`;
  return target.startsWith(".") ? normalize(join(dirname(file), target)) : undefined;
}

/** The package of a bare import: `@noble/hashes/sha2.js` belongs to @noble/hashes. */
function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

const files = (await Array.fromAsync(new Bun.Glob("{shared,engine,bench,test,web}/**/*.{ts,mts,svelte}").scan({ cwd: root })))
  .filter((file) => !/(^|\/)(node_modules|\.svelte-kit|build|results)\//.test(file))
  .sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
const imports = new Map(files.map((file) => [file, readImports(sources.get(file) ?? "")]));

/** One fault per line of text; `check` sees every import of every file. */
function listFaults(check: (file: string, one: Import, to: string | undefined) => string | undefined): string[] {
  // This file holds examples of imports as text.
  const others = files.filter((file) => !file.endsWith("/imports.test.ts"));
  return others.flatMap((file) =>
    (imports.get(file) ?? []).flatMap((one) => {
      const fault = check(file, one, resolveImport(file, one.target));
      return fault === undefined ? [] : [`${file}:${one.line} imports ${one.target}: ${fault}`];
    }),
  );
}

describe("the reader of imports", () => {
  test("sees types, re-exports, several lines, dynamic imports and workers; not comments", () => {
    const source = [
      'import type { A } from "./a.ts";',
      'import {\n  type B,\n  b,\n} from "./b.ts";',
      'export * from "./c.ts";',
      'import "./d.ts";',
      'const e = await import("./e.ts");',
      'new Worker(new URL("./f.ts", import.meta.url));',
      '// import { x } from "./not.ts";',
    ].join("\n");
    expect(readImports(source).map(({ target }) => target)).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
  });
  test("the table has no cycle: each zone stands above all it may import", () => {
    const zones = Object.keys(mayImport);
    for (const [zone, { zones: targets }] of Object.entries(mayImport)) {
      for (const target of targets.filter((one) => one !== "*" && one !== "package.json")) {
        expect(`${target} before ${zone}: ${zones.indexOf(target) < zones.indexOf(zone)}`).toBe(`${target} before ${zone}: true`);
      }
    }
  });
  test("there is something to read", () => expect(files.length).toBeGreaterThan(20));
});

describe("imports", () => {
  test("every folder has its line in the table", () => {
    const unknown = files.filter((file) => !Object.hasOwn(mayImport, zoneOf(file)));
    expect(unknown, "add the folder to mayImport in test/imports.test.ts, with its level and the reason").toEqual([]);
  });
  test("point down the table", () => {
    const faults = listFaults((file, _one, to) => {
      if (to === undefined) return undefined;
      const [from, target] = [zoneOf(file), zoneOf(to)];
      const rule = mayImport[from];
      if (from === target || rule === undefined || rule.zones.includes("*") || rule.zones.includes(target)) return undefined;
      // Tests beside the code may use the kit, which starts the whole server from outside.
      if (file.endsWith(".test.ts") && to.startsWith("test/kit/")) return undefined;
      return `${from} may import ${rule.zones.join(", ") || "nothing of ours"} (${rule.why})`;
    });
    expect(faults).toEqual([]);
  });
  test("name files that exist, with their extension", () => {
    expect(
      listFaults((_file, _one, to) =>
        to === undefined || to.endsWith("/$types") || existsSync(join(root, to)) ? undefined : "no such file",
      ),
    ).toEqual([]);
  });
  test("use packages where the table has them", () => {
    const faults = listFaults((file, { target }, to) => {
      const name = packageOf(target);
      if (to !== undefined || zoneOf(file) === "web") return undefined;
      const zones = packageZones[name];
      if (zones?.includes(zoneOf(file)) || (file.endsWith(".test.ts") && (zones !== undefined || name === "bun:test")))
        return undefined;
      if (zones === undefined && (name.startsWith("node:") || name === "bun" || name === "bun:test") && zoneOf(file) !== "shared")
        return undefined;
      return zones === undefined ? "not in packageZones of test/imports.test.ts" : `${name} belongs to ${zones.join(", ")}`;
    });
    expect(faults).toEqual([]);
  });
  test("form no cycle between files", () => {
    expect(findCycles()).toEqual([]);
  });
});

/** Parts of the site: each may import the parts of its line, and what stands outside of web/src/lib. */
const partsOfSite: Record<string, string[]> = {
  text: [],
  ui: ["text", "to", "api", "actions"],
  api: ["text", "to", "server"],
  actions: ["text", "to", "api", "ui"],
  server: ["text", "ui"],
  features: ["text", "to", "api", "ui", "actions", "server"],
  shell: ["text", "to", "api", "ui", "actions"],
};

describe("the site", () => {
  const partOf = (file: string | undefined) => /^web\/src\/lib\/([\w-]+)/.exec(file ?? "")?.[1];
  test("primitives know no nouns, features not each other, and only types of the server reach the browser", () => {
    const faults = listFaults((file, _one, to) => {
      const [from, target] = [partOf(file), partOf(to)];
      if (from === undefined || target === undefined) return undefined;
      if (from === "features" && target === "features" && dirname(file) !== dirname(to ?? "")) return "another feature";
      return from === target || !partsOfSite[from] || partsOfSite[from].includes(target)
        ? undefined
        : `${from} may not import ${target}`;
    });
    expect(faults).toEqual([]);
  });
  test("nothing calls the network but lib/api, lib/server and the watch of idle sessions", () => {
    const callers = files.filter((file) => file.startsWith("web/src/") && /\bfetch\(/.test(sources.get(file) ?? ""));
    expect(callers.filter((file) => !/lib\/(api|server)\/|idle-watch/.test(file))).toEqual([]);
  });
  test("no component is longer than 170 lines", () => {
    const long = files.filter((file) => file.endsWith(".svelte") && (sources.get(file) ?? "").split("\n").length > 170);
    expect(long).toEqual([]);
  });
});

/** Every cycle once, as `a → b → a`. Depth first; grey files are on the path. */
function findCycles(): string[] {
  const state = new Map<string, "grey" | "black">();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === "black") return;
    if (state.get(file) === "grey") {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "grey");
    for (const { target } of imports.get(file) ?? []) {
      const to = resolveImport(file, target);
      if (to !== undefined && sources.has(to)) visit(to, [...path, file]);
    }
    state.set(file, "black");
  };
  for (const file of files) visit(file, []);
  return cycles;
}

describe("the code", () => {
  /** `file:line pattern` for every match outside comments. */
  const findLines = (inFiles: string[], pattern: RegExp): string[] =>
    inFiles.flatMap((file) =>
      (sources.get(file) ?? "").split("\n").flatMap((line, index) => {
        const code = line.replace(/(^|\s)(\/\/|\*|\/\*).*$/, "");
        return pattern.test(code) ? [`${file}:${index + 1} ${line.trim()}`] : [];
      }),
    );
  const kernels = files.filter((file) => zoneOf(file) === "engine/core" && !file.endsWith(".test.ts"));
  const ours = files.filter((file) => zoneOf(file) !== "web");

  test.each(impure)("of engine/core is free of %p (%s)", (pattern) => expect(findLines(kernels, pattern)).toEqual([]));
  test("has no default exports", () => expect(findLines(ours, /^export default\b/)).toEqual([]));
  test("switches no type check off", () => {
    expect(ours.filter((file) => (sources.get(file) ?? "").includes(`@ts-${"ignore"}`))).toEqual([]);
  });
  test("has no utils.ts, and names files in kebab-case", () => {
    const names = files.filter((file) => zoneOf(file) !== "web").map((file) => file.split("/").at(-1) ?? "");
    expect(
      names.filter((name) => /^(utils?|helpers?|misc)\./.test(name) || !/^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.m?ts$/.test(name)),
    ).toEqual([]);
  });
});
