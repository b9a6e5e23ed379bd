import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiError } from "@ostiary/shared/errors.ts";
import { passwdResolver } from "./passwd.ts";
import { indexPasswd, PasswdFormatError } from "./passwd-file.ts";
import { ResolverError } from "./resolver.ts";

const HASH = "$6$52450745$k5ka2p8bFuSmoVT1tzOyyuaREkkKBcCNqoDKzYiJL9RaE8yMnPgh2XzzF0NDrUhgrcLwg78xs1w5pJiypEdFX/";
const FILE = `# staff
hans:${HASH}:1000:1000:Hans Müller,Room 22,+49 561 22,+49 170 22,hans@example.com:/home/hans:/bin/bash

anna:!${HASH}:1500:1000:Anna Maria Schmidt:/home/anna:/bin/bash
shadow:x:1600:1000:Shadow:/:/bin/sh
star:*:1700:1000::/:/bin/sh
empty::1800:1000::/:/bin/sh
short:${HASH}:2500
+::::::
hans:other:3000:1000:Another Hans:/:/bin/sh
twin:x:1500:1000:Same id as Anna:/:/bin/sh\r
`;

let folder = "";
let root = "";
let path = "";
let now = 0;
const asked: [string, string][] = [];
const open = (Filename = path, passwdRoots = [root]) =>
  passwdResolver.open(
    { name: "staff", values: { Filename } },
    {
      passwdRoots,
      now: () => now,
      verify: async (password, hash) => {
        asked.push([password, hash]);
        return password === "secret" && hash === HASH;
      },
    },
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ostiary-passwd-"));
  root = join(folder, "released");
  path = join(root, "passwd");
  await mkdir(root);
});
beforeEach(async () => {
  now = 0;
  asked.length = 0;
  await rm(path, { force: true });
  await writeFile(path, FILE);
});
afterAll(() => rm(folder, { recursive: true }));

describe("E101 the file", () => {
  test("GECOS becomes names, phone, mobile and email; the hash stays inside", async () => {
    const resolver = await open();
    expect(await resolver.findByLogin("hans")).toEqual({
      login: "hans",
      userId: "1000",
      resolver: "staff",
      attributes: {
        username: "hans",
        userid: "1000",
        description: "Hans Müller,Room 22,+49 561 22,+49 170 22,hans@example.com",
        givenname: "Hans",
        surname: "Müller",
        phone: "+49 561 22",
        mobile: "+49 170 22",
        email: "hans@example.com",
      },
    });
    expect((await resolver.findById("1500"))?.attributes).toMatchObject({
      givenname: "Anna",
      surname: "Maria Schmidt",
      email: "",
    });
    expect((await resolver.findByLogin("short"))?.userId).toBe("2500");
  });

  test("of doubled logins and ids the first counts; logins are case-sensitive; comments and NIS lines are nobody", async () => {
    const resolver = await open();
    expect((await resolver.findByLogin("hans"))?.userId).toBe("1000");
    expect((await resolver.findById("1500"))?.login).toBe("anna");
    for (const login of ["Hans", "", "# staff", "+", "constructor"]) expect(await resolver.findByLogin(login)).toBeNull();
    expect(await resolver.testConnection()).toBe("Resolver config seems OK. 7 Users found.");
  });

  test.each([
    ["no uid", "a:b\n"],
    ["no colon", "hello\n"],
    ["no login", ":x:1:1::/:/bin/sh\n"],
    ["empty uid", "a:x::1::/:/bin/sh\n"],
    ["colons of the next line do not count", "a:b\nb:x:1:1::/:/bin/sh\n"],
    ["cut off in the last line", "a:x:1:1::/:/bin/sh\nb:x:10"],
    ["not text", "a:x:1:1::/:/bin/sh\n\0"],
  ])("a broken file is refused: %s", async (_, text) => {
    expect(
      await indexPasswd(new TextEncoder().encode(text), async () => {}).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(PasswdFormatError);
    await writeFile(path, text);
    expect(
      await open().then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(ResolverError);
  });

  test("a file of many slices: every user is found, line numbers count through", async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `user${i}:${HASH}:${i}:1:Vorname${i} Nächster,,,,user${i}@example.com:/:/bin/sh\n`,
    );
    await writeFile(path, lines.join(""));
    const resolver = await open();
    const wrong: number[] = [];
    for (let i = 0; i < lines.length; i++) {
      const user = await resolver.findByLogin(`user${i}`);
      if (user?.userId !== `${i}` || user.attributes.email !== `user${i}@example.com`) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    expect(await resolver.search({ email: "*999@*" }, 100)).toHaveLength(20);
    // Nobody waits for it any more.
    const dropped = await resolver.search({}, 1_000_000, () => true).catch((fault: ApiError) => [fault.kind, fault.quiet]);
    expect(dropped).toEqual(["busy", true]);
    await writeFile(path, `${lines.join("")}broken\n`);
    expect(
      String(
        await open().then(
          () => null,
          (fault: unknown) => fault,
        ),
      ),
    ).toContain("line 20001 is not login:password:uid");
  });

  test("an empty file has no users", async () => {
    await writeFile(path, "");
    expect(await (await open()).testConnection()).toBe("Resolver config seems OK. 0 Users found.");
  });
});

describe("E101 only below released directories", () => {
  test("paths, links, folders, FIFOs", async () => {
    const outside = join(folder, "outside");
    await writeFile(outside, FILE);
    await mkdir(`${root}2`);
    await writeFile(join(`${root}2`, "passwd"), FILE);
    const link = join(root, "link");
    await symlink(outside, link);
    const inner = join(root, "inner");
    await symlink(path, inner);
    const fifo = join(root, "fifo");
    Bun.spawnSync(["mkfifo", fifo]);
    for (const name of [
      outside,
      link,
      join(root, "..", "outside"),
      `${root}2/passwd`,
      "/etc/passwd",
      "",
      root,
      fifo,
      "passwd",
      `${path}\0`,
      join(root, "none"),
    ]) {
      expect(
        await open(name).then(
          () => null,
          (fault: unknown) => fault,
        ),
      ).toBeInstanceOf(ResolverError);
    }
    expect((await (await open(inner)).findByLogin("hans"))?.userId).toBe("1000");
    expect((await (await open(outside, [outside])).findByLogin("hans"))?.userId).toBe("1000");
    expect((await (await open("", ["/etc/passwd"])).findByLogin("root"))?.userId).toBe("0");
  });

  test("an existing file outside and a missing one are told apart by nobody", async () => {
    const [there, missing] = await Promise.all(
      ["/etc/hostname", "/etc/no-such-file"].map((name) => open(name).catch((error: Error) => error.message)),
    );
    expect(there).toBe(missing);
  });
});

describe("E102 passwords", () => {
  test("the hash of field 2 goes to the verifier", async () => {
    const resolver = await open();
    expect(await resolver.checkPassword("hans", "secret")).toBe(true);
    expect(await resolver.checkPassword("hans", "wrong")).toBe(false);
    expect(asked).toEqual([
      ["secret", HASH],
      ["wrong", HASH],
    ]);
  });

  test.each(["anna", "shadow", "star", "empty", "nobody"])("locked, shadowed, without password, unknown: %s", async (login) => {
    const resolver = await open();
    for (const password of ["secret", "", "x", "*"]) expect(await resolver.checkPassword(login, password)).toBe(false);
    expect(asked).toEqual([]);
  });
});

describe("E103 search", () => {
  test.each([
    [{}, ["hans", "anna", "shadow", "star", "empty", "short", "twin"]],
    [{ username: "*a*" }, ["hans", "anna", "shadow", "star"]],
    [{ username: "HANS" }, ["hans"]],
    [{ surname: "m*ller" }, ["hans"]],
    [{ email: "*@example.com" }, ["hans"]],
    [{ username: "*", surname: "Maria*" }, ["anna"]],
    [{ userid: "=1000" }, ["hans"]],
    [{ userid: ">=1700" }, ["star", "empty", "short"]],
    [{ userid: "<1500" }, ["hans"]],
    [{ userid: "between 1500,1600" }, ["anna", "shadow", "twin"]],
    [{ userid: "between 1500,1600", username: "s*" }, ["shadow"]],
    [{ city: "Kassel" }, []],
    [{ city: "*", username: "hans" }, ["hans"]],
    [{ constructor: "*Object*" }, []],
  ] as [Record<string, string>, string[]][])("%p", async (filters, logins) => {
    const found = await (await open()).search(filters, 100);
    expect(found.map(({ login }) => login)).toEqual(logins);
  });

  test("limit", async () => {
    const resolver = await open();
    expect(await resolver.search({}, 2)).toHaveLength(2);
    expect(await resolver.search({}, 0)).toEqual([]);
  });
});

describe("a changed file", () => {
  const line = (login: string, uid = 1) => `${login}:x:${uid}:1::/:/bin/sh\n`;

  test("is noticed beside a look-up, a second after the last check at the earliest", async () => {
    const resolver = await open();
    await writeFile(path, line("newcomer"));
    now = 999;
    for (let turn = 0; turn < 20; turn++) {
      expect(await resolver.findByLogin("newcomer")).toBeNull();
      await readFile(path); // time enough for a check, had one begun
    }
    now = 1000;
    expect(await resolver.findByLogin("newcomer")).toBeNull(); // answered from memory, the check runs beside it
    while (!(await resolver.findByLogin("newcomer"))) await new Promise((resume) => setImmediate(resume));
    expect(await resolver.findByLogin("hans")).toBeNull();
  });

  test("is noticed when another file of the same size takes its name", async () => {
    await writeFile(path, line("one"));
    const resolver = await open();
    await writeFile(join(root, "next"), line("two"));
    await rename(join(root, "next"), path);
    await resolver.testConnection();
    expect((await resolver.findByLogin("two"))?.userId).toBe("1");
  });

  test("that is broken, gone or moved outside keeps the old content and says so; it heals by itself", async () => {
    const resolver = await open();
    const stays = async (words: string) => {
      for (let again = 0; again < 2; again++) {
        expect(await resolver.testConnection().catch((error: Error) => error.message)).toBe(
          `${words}; the content read before (7 users) stays in use`,
        );
      }
      expect((await resolver.findByLogin("hans"))?.userId).toBe("1000");
    };
    await writeFile(path, `${line("a")}${line("b").slice(0, 6)}`);
    await stays("line 2, the last, is cut off");
    await unlink(path);
    await stays("the file does not exist");
    await symlink("/etc/passwd", path);
    await stays("the file lies outside the directories of the setting users.passwd_directories");
    await unlink(path);
    await writeFile(path, line("healed"));
    expect(await resolver.testConnection()).toBe("Resolver config seems OK. 1 Users found.");
    expect(await resolver.findByLogin("hans")).toBeNull();
  });

  test("after close nobody is found any more", async () => {
    const resolver = await open();
    await resolver.close();
    expect(() => resolver.findByLogin("hans")).toThrow(ResolverError);
  });
});
