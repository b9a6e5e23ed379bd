import { expect, test } from "bun:test";
import { createBackoff } from "./backoff.ts";

test("each loss doubles the pause, up to ten seconds; five seconds up, and it begins anew", () => {
  const backoff = createBackoff();
  let now = 1000;
  const pauses = Array.from({ length: 11 }, () => {
    const pause = backoff.lose(now);
    now += pause + 10;
    return pause;
  });
  expect(pauses).toEqual([0, 50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(backoff.lose(now + 4980)).toBe(10_000);
  now += 4980 + 10_000;
  expect(backoff.lose(now + 5000)).toBe(0);
  expect(backoff.lose(now + 5001)).toBe(50);
});
