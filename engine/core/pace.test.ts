import { expect, test } from "bun:test";
import { createPace } from "./pace.ts";

test("a slice ends when its time is over, and the next begins after the rest", async () => {
  let now = 0;
  let rests = 0;
  const pace = createPace({
    tick: () => now,
    rest: async () => {
      rests++;
      now += 100; // others had their turn
    },
    sliceMs: 2,
  });
  expect(pace()).toBeUndefined();
  now = 1.9;
  expect(pace()).toBeUndefined();
  now = 2;
  await pace();
  expect(rests).toBe(1);
  expect(pace()).toBeUndefined();
  now += 5;
  await pace();
  expect(rests).toBe(2);
});
