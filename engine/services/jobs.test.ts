// How long an ended job is remembered, whatever somebody does to the clock.
import { expect, test } from "bun:test";
import { createJobs } from "./jobs.ts";

test("an ended job is remembered for an hour that passed, not for one that the clock was set by", async () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  let tick = 0;
  const jobs = createJobs(
    () => now,
    () => tick,
    () => {},
  );
  const { id } = jobs.start("test", "admin", async () => 1);
  await new Promise(setImmediate);
  now += 7_200_000;
  expect(jobs.find(id)?.state).toBe("done");
  now -= 100_000_000;
  tick += 3_600_001;
  expect(jobs.find(id)).toBeNull();
});
