import { expect, test } from "bun:test";
import { floorOf } from "./reject-floor.ts";

// One hash costs 100 ms; a quarter is added to what the hashes cost.
test.each([
  ["nothing dear was seen: two hashes", 100, 0, 250],
  ["a user with two PINs changes nothing", 100, 200, 250],
  ["three PINs: as late as they were", 100, 300, 375],
  ["four PINs: the most", 100, 400, 500],
  ["fifty PINs hold nobody above four hashes", 100, 5000, 500],
  ["a dear hash: the longest wait", 2000, 0, 3000],
  ["nothing measured yet: no wait", 0, 0, 0],
])("%s", (_name, hashMs, peakMs, floor) => {
  expect(floorOf(hashMs, peakMs)).toBe(floor);
});
