import { describe, expect, spyOn, test } from "bun:test";
import { createPace } from "../core/pace.ts";
import { compileWildcard } from "../core/wildcard.ts";
import { indexPasswd, type PasswdFile } from "./passwd-file.ts";
import { readEntry } from "./passwd-line.ts";
import { searchPasswd } from "./passwd-search.ts";
import { compileUserIdPattern } from "./userid-pattern.ts";

const never = () => undefined;
const index = (text: string) => indexPasswd(new TextEncoder().encode(text), async () => {});
const search = async (file: PasswdFile, filters: Record<string, string>, limit = 10_000) =>
  (await searchPasswd(file, filters, limit, never)).map(({ login, userId }) => `${login} ${userId}`);

const ODD = `Zoe:x:1:1:Zoë Ärmel,,,,Zoe@Example.com:/home/zoe:/bin/sh
zoe:x:01:1:Zoe Other,,+49 1,,zoe2@example.com:/:/bin/sh
# ZOE:x:1:1:a comment,,,,zoe@example.com:/:/bin/sh
ZOE:x:2:1:Third,,,,ZOE3@example.com:/:/bin/sh
zoe:x:9:1:Doubled Zoe,,,,zoe@example.com:/:/bin/sh
+zoe:x:1:1::/:/bin/sh
abc:x:AB:1:Letters in an id:/:/bin/sh
abd:x:ab:1:Letters in an id:/:/bin/sh
same:x:2:1:The id of ZOE:/:/bin/sh\r
short:x:1
`;
/** Letters that a slice folded as a whole would get wrong. */
const GREEK = `Οδυσσεύς:x:30:1:ΟΔΥΣΣΕΥΣ ΛΑΕΡΤΙΑΔΗΣ,,,,ΟΔΥΣ@example.com:/:/bin/sh
İlker:x:31:1:İLKER YILMAZ,,,,ilker@example.com:/:/bin/sh
ΚΩΣΤΑΣ:x:33:1:Final or not,,,,kostas@example.com:/:/bin/sh
dots:x:34:1:${"İ".repeat(40)}:/:/bin/sh
after:x:32:1:After İ Dotted,,,,after@example.com:/:/bin/sh
`;

const filters: Record<string, string>[] = [
  {},
  { username: "ZOE" },
  { username: "zOe", email: "*3@*" },
  { username: "zoe", userid: "2" },
  { username: "z*" },
  { username: "*OE" },
  { username: "zoe:x" },
  { username: "" },
  { username: "*" },
  { username: "οδυσσεύς" },
  { username: "ΟΔΥΣΣΕΎΣ" },
  { username: "ΚΩΣΤΑΣ*" },
  { username: "after*" },
  { username: "İLKER" },
  { username: "i̇lker" },
  { userid: "1" },
  { userid: "01" },
  { userid: "=1" },
  { userid: "= 01 " },
  { userid: "2" },
  { userid: "9" },
  { userid: "AB" },
  { userid: "*b" },
  { userid: ">=2" },
  { userid: "between 1,2", username: "*o*" },
  { userid: "" },
  { givenname: "οδυσσευς" },
  { surname: "λαερτιαδης" },
  { surname: "*ης" },
  { surname: "ärmel" },
  { email: "*@EXAMPLE.com" },
  { email: "ilker@*", surname: "yilmaz" },
  { description: "*dotted*" },
  { email: "" },
  { phone: "+49*" },
  { city: "*" },
  { city: "Rome" },
  { city: "*", username: "ZOE" },
  { description: "*\n*" },
];

describe("E103 search finds by index and by text what reading every line finds", () => {
  test.each(filters)("%j", async (wanted) => {
    for (const text of [ODD, GREEK, ODD + GREEK]) {
      const file = await index(text);
      const tests = Object.entries(wanted).map(
        ([name, pattern]) => [name, name === "userid" ? compileUserIdPattern(pattern) : compileWildcard(pattern)] as const,
      );
      const expected = [...file.lines("")].flatMap((line) => {
        if (!line) return [];
        const { login, userId, attributes } = readEntry(line.text);
        return tests.every(([name, matches]) => matches(attributes[name] ?? "")) ? [`${login} ${userId}`] : [];
      });
      expect(await search(file, wanted)).toEqual(expected);
    }
  });

  test("case, doubles, comments and ids with zeros, as said in so many words", async () => {
    const file = await index(ODD + GREEK);
    expect(await search(file, { username: "zoe" })).toEqual(["Zoe 1", "zoe 01", "ZOE 2"]);
    expect(await search(file, { userid: "=1" })).toEqual(["Zoe 1", "zoe 01", "short 1"]);
    expect(await search(file, { userid: "1" })).toEqual(["Zoe 1", "short 1"]);
    expect(await search(file, { userid: "2" })).toEqual(["ZOE 2", "same 2"]);
    expect(await search(file, { userid: "9" })).toEqual([]);
    expect(await search(file, { username: "İlker" })).toEqual(["İlker 31"]);
    expect(await search(file, { surname: "*ης" })).toEqual(["Οδυσσεύς 30"]);
    expect(await search(file, { username: "zoe" }, 2)).toEqual(["Zoe 1", "zoe 01"]);
    expect(await search(file, { username: "zoe" }, 0)).toEqual([]);
  });
});

/** Several slices of the file. */
const big = Array.from(
  { length: 5000 },
  (_, n) => `${n % 2 ? "User" : "user"}${n}:x:${n}:1:Anna Bauer,R 1,+49 ${n},+49 1,u${n}@example.org:/home/u${n}:/bin/false\n`,
).join("");

test.each<[Record<string, string>, number]>([
  [{ username: "USER4001" }, 1],
  [{ username: "user4000", email: "*" }, 1],
  [{ username: "nobody" }, 0],
  [{ userid: "4001" }, 1],
  [{ userid: "=4001", surname: "bauer" }, 1],
])("%j reads no line but those the index names", async (wanted, count) => {
  const file = await index(big);
  const lines = spyOn(file, "lines");
  let looks = 0;
  const found = await searchPasswd(file, wanted, 10, () => void looks++);
  expect(found).toHaveLength(count);
  expect(looks).toBeLessThanOrEqual(2);
  expect(lines).not.toHaveBeenCalled();
});

test("text that few lines hold is not looked for line by line", async () => {
  const file = await index(big);
  let looks = 0;
  expect(await searchPasswd(file, { email: "U*4001@*" }, 10, () => void looks++)).toHaveLength(1);
  expect(looks).toBeLessThan(20);
});

test.each<Record<string, string>>([
  {},
  { userid: ">=0" },
  { surname: "bau*" },
  { city: "Rome*" },
  { phone: "*49 7*", username: "*9" },
])("the loop has its turn within a walk: %j", async (wanted) => {
  const file = await index(big);
  let looks = 0;
  let turns = 0;
  let walking = true;
  const turn = () => {
    turns++;
    if (walking) setImmediate(turn);
  };
  setImmediate(turn);
  // Every look at the clock costs a millisecond here, so a slice is two steps long.
  const rest = () => new Promise<void>((resume) => void setImmediate(resume));
  await searchPasswd(file, wanted, 10_000, createPace({ tick: () => looks++, rest }));
  walking = false;
  expect(turns).toBeGreaterThanOrEqual(Math.floor(looks / 4));
  expect(looks).toBeGreaterThan(4);
});
