// What fuzzing found (kit/fuzz-decoder.ts), each by its name.
import { describe, expect, test } from "bun:test";
import { parseRules, RulesFileError } from "../engine/audit/rotation-rules.ts";
import { ArchiveError, readManifest } from "../engine/backup/manifest.ts";
import { indexPasswd, PasswdFormatError } from "../engine/users/passwd-file.ts";

describe("finds", () => {
  // The manifest is read before its seal can be checked, because the keys are named in it.
  const whole = {
    ...{ format: 1, release: "0.1.0", node: "node1", madeAt: 1, dataDir: "/srv/ostiary", schema: 9, keysInside: false },
    ...{ keyIds: ["01020304"], counts: { tokens: 1, administrators: 1, auditRows: 1 } },
    chains: [{ node: "node1", epoch: 1, seq: 5, hash: "00" }],
    parts: [{ name: "ostiary.db", bytes: 700, sha256: "0".repeat(64) }],
  };
  test("a whole manifest is none of them", () => expect(readManifest(JSON.stringify(whole)).parts).toHaveLength(1));
  test.each<[what: string, change: object]>([
    ["a part that is null", { parts: [null, ...whole.parts] }],
    ["counts that are null", { counts: null }],
    ["counts that are texts", { counts: { tokens: "1", administrators: 1, auditRows: 1 } }],
    ["a key id that is none", { keyIds: ["x"] }],
    ["a chain that is null", { chains: [null] }],
    ["a chain without its hash", { chains: [{ node: "node1", epoch: 1, seq: 5 }] }],
    ["a hash that is a number", { parts: whole.parts.map((part) => ({ ...part, sha256: 1 })) }],
  ])("a manifest with %s is damaged, not a TypeError", (_what, change) => {
    expect(() => readManifest(JSON.stringify({ ...whole, ...change }))).toThrow(ArchiveError);
  });

  test("a blank behind a uid is no part of it: who is listed is found by his id", async () => {
    const file = await indexPasswd(Buffer.from("alice:x:1 :1:Alice:/:\n"), async () => {});
    const [alice] = file.lines("");
    expect([alice?.userId, file.byId("1")?.login]).toEqual(["1", "alice"]);
  });
  test("a uid of a blank is none", async () => {
    const fault = await indexPasswd(Buffer.from("alice:x: :1:Alice:/:\n"), async () => {}).then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(PasswdFormatError);
  });

  test("what is odd in rules is not printed: only the error says it", async () => {
    const warned: unknown[] = [];
    const listen = (warning: unknown) => void warned.push(warning);
    process.on("warning", listen);
    expect(() => parseRules("- !!js/function x\n- <<: *a\n")).toThrow(RulesFileError);
    // Warnings come a moment later.
    await Bun.sleep(1);
    process.off("warning", listen);
    expect(warned).toEqual([]);
  });
});
