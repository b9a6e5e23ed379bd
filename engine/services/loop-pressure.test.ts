import { expect, test } from "bun:test";
import { watchPressure } from "./loop-pressure.ts";

function setUp(busyAtStart: number | null = 0) {
  let now = 0;
  let logins = 0;
  let busy = busyAtStart;
  const pressure = watchPressure(
    () => now,
    () => logins,
    () => busy,
  );
  return (ms: number, busyMs: number, came = 1) => {
    now += ms;
    logins += came;
    if (busy !== null) busy += busyMs;
    pressure.beat();
    return pressure.isHigh;
  };
}

test("high while the thread wants a processor for more than half of the time", () => {
  const pass = setUp();
  expect([pass(50, 10), pass(50, 40), pass(10, 0), pass(50, 5)]).toEqual([false, true, true, false]);
});

test("not while no log-in comes: then there is nobody to make room for", () => {
  const pass = setUp();
  expect([pass(50, 50, 3), pass(50, 50, 0), pass(50, 50, 1)]).toEqual([true, false, true]);
});

test("not where the system does not say", () => {
  expect(setUp(null)(50, 50)).toBe(false);
});
