import { expect, test } from "bun:test";
import { type Admission, createAdmission } from "./admission.ts";

test("as many as there are places enter; one more when somebody leaves", () => {
  const admission = createAdmission(2);
  expect([admission.enter("login"), admission.enter("login"), admission.enter("login")]).toEqual([true, true, false]);
  admission.leave("login");
  expect([admission.enter("login"), admission.enter("login"), admission.working]).toEqual([true, false, 2]);
});

test("the last quarter is for log-ins", () => {
  const admission = createAdmission(8);
  expect([6, 7, 8].map(() => admission.enter("plain"))).toEqual([true, true, true]);
  expect([6, 7, 8].map(() => admission.enter("dear"))).toEqual([true, true, true]);
  expect([admission.enter("plain"), admission.enter("dear")]).toEqual([false, false]);
  expect([admission.enter("login"), admission.enter("login"), admission.enter("login")]).toEqual([true, true, false]);
  expect([admission.working, admission.logins]).toEqual([8, 2]);
});

test("who rests gives his place away and takes it again, over the number if need be", async () => {
  const admission = createAdmission(1);
  admission.enter("login");
  const { promise, resolve } = Promise.withResolvers<string>();
  const rested = admission.rest(promise, "login");
  expect([admission.working, admission.enter("login"), admission.enter("login")]).toEqual([0, true, false]);
  resolve("waited");
  expect(await rested).toBe("waited");
  expect([admission.working, admission.enter("login")]).toEqual([2, false]);
});

test("a rest that fails ends all the same", async () => {
  const admission = createAdmission(1);
  admission.enter("plain");
  const fault = await admission.rest(Promise.reject(new Error("gone")), "plain").then(
    () => null,
    (error: unknown) => String(error),
  );
  expect([fault, admission.working]).toEqual(["Error: gone", 1]);
});

/** Whole intervals in which the loop is so late at each beat; `spare`: but for one of them. */
function passIntervals(admission: Admission, count: number, lateMs: number, spare = lateMs): void {
  for (let beat = 0; beat < count * 10; beat++) admission.observe(beat % 10 === 3 ? spare : lateMs);
}

test("a loop that is late for a whole interval takes places away, from those that were used", () => {
  const admission = createAdmission(1000);
  for (let count = 0; count < 500; count++) admission.enter("login");
  passIntervals(admission, 1, 30);
  expect(admission.limit).toBe(400);
  passIntervals(admission, 1, 30);
  expect(admission.limit).toBe(320);
  expect(admission.enter("login")).toBe(false);
});

test("never below what keeps processor and disk busy, nor below a smaller setting", () => {
  for (const [most, fewest] of [
    [1000, 64],
    [8, 8],
  ] as const) {
    const admission = createAdmission(most);
    passIntervals(admission, 100, 500);
    expect(admission.limit).toBe(fewest);
  }
});

test("one long stall, or one beat on time, is no queue", () => {
  const admission = createAdmission(1000);
  passIntervals(admission, 5, 0, 3000);
  passIntervals(admission, 5, 3000, 0);
  expect(admission.limit).toBe(1000);
});

test("calm again: all places are back within a second", () => {
  const admission = createAdmission(1024);
  passIntervals(admission, 100, 500);
  passIntervals(admission, 8, 1);
  expect(admission.limit).toBe(1024);
});
