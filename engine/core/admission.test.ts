import { expect, test } from "bun:test";
import { createAdmission } from "./admission.ts";

test("as many as there are places enter; one more when somebody leaves", () => {
  const admission = createAdmission(2);
  expect([admission.enter(), admission.enter(), admission.enter()]).toEqual([true, true, false]);
  admission.leave();
  expect([admission.enter(), admission.enter(), admission.working]).toEqual([true, false, 2]);
});

test("who rests gives his place away and takes it again, over the number if need be", async () => {
  const admission = createAdmission(1);
  admission.enter();
  const { promise, resolve } = Promise.withResolvers<string>();
  const rested = admission.rest(promise);
  expect([admission.working, admission.enter(), admission.enter()]).toEqual([0, true, false]);
  resolve("waited");
  expect(await rested).toBe("waited");
  expect([admission.working, admission.enter()]).toEqual([2, false]);
});

test("a rest that fails ends all the same", async () => {
  const admission = createAdmission(1);
  admission.enter();
  const fault = await admission.rest(Promise.reject(new Error("gone"))).then(
    () => null,
    (error: unknown) => String(error),
  );
  expect([fault, admission.working]).toEqual(["Error: gone", 1]);
});
