// What the settings let the server make, it must be able to check (a permitted setting once locked everybody out).
import { expect, test } from "bun:test";
import { loadSettings, SettingsError } from "../engine/config.ts";
import { parseArgon2 } from "../engine/vault/password-cost.ts";

const load = (memory: number, passes: number) =>
  loadSettings({
    dataDir: "/nonexistent",
    env: {},
    flags: [
      { key: "hash.memory_kib", text: String(memory), from: "test" },
      { key: "hash.iterations", text: String(passes), from: "test" },
    ],
  });
const hashOf = (memory: number, passes: number) =>
  `$argon2id$v=19$m=${memory},t=${passes},p=1$${"A".repeat(22)}$${"A".repeat(43)}`;

test.each([
  [1_048_576, 1],
  [19_456, 53],
  [8, 100],
])("%p KiB in %p passes: taken, and such hashes are checked", (memory, passes) => {
  expect(load(memory, passes)["hash.memory_kib"]).toBe(memory);
  expect(parseArgon2(hashOf(memory, passes))).not.toBeNull();
});

test.each([
  [1_048_576, 2],
  [19_456, 54],
  [104_858, 10],
])("%p KiB in %p passes: the start is refused", (memory, passes) => {
  expect(() => load(memory, passes)).toThrow(SettingsError);
  expect(parseArgon2(hashOf(memory, passes))).toBeNull();
});
