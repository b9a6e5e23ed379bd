import { describe, expect, test } from "bun:test";
import type { CompiledQuery } from "kysely";
import { createRememberedReads } from "./remembered-reads.ts";

const query = (text: string) => ({ sql: text, parameters: [] }) as unknown as CompiledQuery<{ n: number }>;

describe("remembered reads", () => {
  test("one question is read once, until something changes", async () => {
    const remembered = createRememberedReads();
    let reads = 0;
    const read = async () => [{ n: ++reads }];
    expect(await remembered.get(query("a"), read)).toEqual([{ n: 1 }]);
    expect(await remembered.get(query("a"), read)).toEqual([{ n: 1 }]);
    remembered.forget();
    expect(await remembered.get(query("a"), read)).toEqual([{ n: 2 }]);
  });

  test("a read that began before a change is not remembered after it", async () => {
    const remembered = createRememberedReads();
    const { promise, resolve } = Promise.withResolvers<{ n: number }[]>();
    const early = remembered.get(query("a"), () => promise);
    remembered.forget();
    resolve([{ n: 1 }]);
    expect(await early).toEqual([{ n: 1 }]);
    expect(await remembered.get(query("a"), async () => [{ n: 2 }])).toEqual([{ n: 2 }]);
  });

  test("eviction: the oldest of a hundred goes; long questions are not kept", async () => {
    const remembered = createRememberedReads();
    let reads = 0;
    const read = async () => [{ n: ++reads }];
    for (let index = 0; index <= 100; index++) await remembered.get(query(`q${index}`), read);
    await remembered.get(query("q1"), read);
    expect(reads).toBe(101);
    await remembered.get(query("q0"), read);
    expect(reads).toBe(102);
    for (let times = 0; times < 2; times++) await remembered.get(query("x".repeat(3000)), read);
    expect(reads).toBe(104);
  });
});
