import { expect, test } from "bun:test";
import { BEAT_MS, watchLoop } from "./loop-watch.ts";

/** A loop whose timer beats on time unless it is held. */
function makeLoop(startedAt = 123_456) {
  let now = startedAt;
  const told: number[] = [];
  const watch = watchLoop(
    () => now,
    (ms) => told.push(ms),
  );
  const hold = (ms: number) => {
    now += ms;
  };
  const turn = (ms = 0) => {
    hold(BEAT_MS + ms);
    watch.beat();
  };
  const run = (seconds: number) => {
    for (const end = now + seconds * 1000; now < end; ) turn();
  };
  return { watch, told, hold, turn, run };
}

test("a loop that nothing holds has no stall", () => {
  const { watch, run } = makeLoop();
  run(120);
  expect(watch.longest()).toEqual({ minute: 0, ever: 0 });
  expect(watch.histogram.buckets[0]).toBe(watch.histogram.count);
});

test("the longest stall of the last minute leaves it, that since the start stays", () => {
  const { watch, run, turn } = makeLoop();
  turn(200);
  run(30);
  turn(35);
  expect(watch.longest()).toEqual({ minute: 200, ever: 200 });
  run(31);
  expect(watch.longest()).toEqual({ minute: 35, ever: 200 });
  run(31);
  expect(watch.longest()).toEqual({ minute: 0, ever: 200 });
});

test("a stall that goes on shows before it is over, and counts once", () => {
  const { watch, run, hold } = makeLoop();
  run(1);
  hold(BEAT_MS + 700);
  expect(watch.longest()).toEqual({ minute: 700, ever: 700 });
  expect(watch.longest()).toEqual({ minute: 700, ever: 700 });
  watch.beat();
  expect(watch.longest()).toEqual({ minute: 700, ever: 700 });
  expect(watch.histogram.sum).toBeCloseTo(0.7);
});

test("one longer than the window empties it and is all that is in it", () => {
  const { watch, run, turn, hold } = makeLoop();
  turn(40);
  run(2);
  turn(3_600_000);
  expect(watch.longest()).toEqual({ minute: 3_600_000, ever: 3_600_000 });
  run(61);
  expect(watch.longest().minute).toBe(0);
  hold(50);
  expect(watch.longest()).toEqual({ minute: 40, ever: 3_600_000 });
});

test("a minute without a beat has forgotten what was before it", () => {
  const { watch, run, turn, hold } = makeLoop();
  turn(100_000);
  run(2);
  hold(BEAT_MS + 70_000);
  expect(watch.longest()).toEqual({ minute: 70_000, ever: 100_000 });
});

test("from a second on it is told; a bucket takes its upper bound", () => {
  const { watch, told, turn } = makeLoop();
  turn(999);
  turn(1000);
  turn(5);
  expect(told).toEqual([1000]);
  const { bounds, buckets } = watch.histogram;
  expect(buckets[0]).toBe(1);
  expect(buckets[bounds.indexOf(1)]).toBe(2);
});
