import { describe, expect, test } from "bun:test";
import { BudgetInputError, createTokenBucket } from "./token-bucket.ts";

const SECOND = 1000;
const drain = (bucket: ReturnType<typeof createTokenBucket>, key: string, now: number) => {
  let taken = 0;
  while (bucket.take(key, now).allowed) taken++;
  return taken;
};

describe("decisions 3, user budget: 100 in 30 minutes, one every 18 s", () => {
  const options = { capacity: 100, periodSeconds: 1800, maxKeys: 10 };

  test("100 at once, then a wait of 18 s", () => {
    const bucket = createTokenBucket(options);
    expect(drain(bucket, "alice", 0)).toBe(100);
    expect(bucket.take("alice", 0)).toEqual({ allowed: false, waitSeconds: 18 });
    expect(bucket.take("alice", 10 * SECOND)).toEqual({ allowed: false, waitSeconds: 8 });
    expect(bucket.take("alice", 17_999)).toEqual({ allowed: false, waitSeconds: 1 });
    expect(bucket.take("alice", 18 * SECOND).allowed).toBe(true);
    expect(bucket.take("alice", 18 * SECOND).allowed).toBe(false);
  });

  test("keys do not share", () => {
    const bucket = createTokenBucket(options);
    drain(bucket, "alice", 0);
    expect(drain(bucket, "bob", 0)).toBe(100);
  });

  test("a refusal costs nothing", () => {
    const bucket = createTokenBucket(options);
    drain(bucket, "alice", 0);
    for (let i = 0; i < 1000; i++) bucket.take("alice", 9 * SECOND);
    expect(bucket.take("alice", 18 * SECOND).allowed).toBe(true);
  });

  test("never more than the capacity, however long the rest", () => {
    const bucket = createTokenBucket(options);
    drain(bucket, "alice", 0);
    expect(drain(bucket, "alice", 1e12)).toBe(100);
  });

  test("in any span of T seconds at most capacity + T/18 pass", () => {
    const bucket = createTokenBucket(options);
    let passed = 0;
    for (let now = 0; now <= 3600 * SECOND; now += SECOND) if (bucket.take("alice", now).allowed) passed++;
    expect(passed).toBe(300);
  });
});

describe("giveBack", () => {
  const options = { capacity: 2, periodSeconds: 60, maxKeys: 10 };

  test("a right guess leaves the bucket as it was, and forgets a full one", () => {
    const bucket = createTokenBucket(options);
    for (let i = 0; i < 1000; i++) {
      expect(bucket.take("alice", 0).allowed).toBe(true);
      bucket.giveBack("alice", 0);
    }
    expect(bucket.size).toBe(0);
  });

  test("does not lift a bucket above its capacity, nor make one for an unknown key", () => {
    const bucket = createTokenBucket(options);
    for (let i = 0; i < 5; i++) bucket.giveBack("alice", 0);
    expect(drain(bucket, "alice", 0)).toBe(2);
  });

  test("a parallel burst cannot pass on the credit of one right guess", () => {
    const bucket = createTokenBucket(options);
    expect(drain(bucket, "alice", 0)).toBe(2);
    bucket.giveBack("alice", 0);
    expect(drain(bucket, "alice", 0)).toBe(1);
  });
});

describe("clock", () => {
  test("set back: nothing is refilled, and the way forward again refills once", () => {
    const bucket = createTokenBucket({ capacity: 2, periodSeconds: 60, maxKeys: 10 });
    drain(bucket, "alice", 100 * SECOND);
    expect(bucket.take("alice", 0).allowed).toBe(false);
    expect(bucket.take("alice", 129 * SECOND).allowed).toBe(false);
    expect(bucket.take("alice", 130 * SECOND).allowed).toBe(true);
    bucket.giveBack("alice", 0);
    expect(drain(bucket, "alice", 130 * SECOND)).toBe(1);
  });
});

describe("bounded memory", () => {
  test("holds maxKeys at most", () => {
    const bucket = createTokenBucket({ capacity: 5, periodSeconds: 60, maxKeys: 100 });
    for (let i = 0; i < 10_000; i++) bucket.take(`user ${i}`, i);
    expect(bucket.size).toBeLessThanOrEqual(100);
    expect(bucket.size).toBeGreaterThan(80);
  });

  test("a flood of fresh keys does not free a drained one", () => {
    const bucket = createTokenBucket({ capacity: 5, periodSeconds: 1800, maxKeys: 100 });
    const drained = Array.from({ length: 20 }, (_, i) => `victim ${i}`);
    for (const key of drained) drain(bucket, key, 0);
    for (let i = 0; i < 50_000; i++) bucket.take(`flood ${i}`, 1);
    expect(drained.filter((key) => bucket.take(key, 1).allowed)).toEqual([]);
  });

  test("full buckets go in the sweep", () => {
    const bucket = createTokenBucket({ capacity: 5, periodSeconds: 60, maxKeys: 20 });
    for (let i = 0; i < 20; i++) bucket.take(`user ${i}`, 0);
    bucket.take("late", 3600 * SECOND);
    expect(bucket.size).toBe(5);
  });

  test("one key only", () => {
    const bucket = createTokenBucket({ capacity: 1, periodSeconds: 60, maxKeys: 1 });
    bucket.take("a", 0);
    bucket.take("b", 0);
    expect(bucket.size).toBe(1);
    expect(bucket.take("b", 0).allowed).toBe(false);
  });
});

test.each([
  { capacity: 0, periodSeconds: 60, maxKeys: 10 },
  { capacity: Number.NaN, periodSeconds: 60, maxKeys: 10 },
  { capacity: Number.POSITIVE_INFINITY, periodSeconds: 60, maxKeys: 10 },
  { capacity: 1, periodSeconds: 0, maxKeys: 10 },
  { capacity: 1, periodSeconds: 60, maxKeys: 0 },
])("refuses %p", (options) => {
  expect(() => createTokenBucket(options)).toThrow(BudgetInputError);
});
