import { expect, test } from "bun:test";
import { ApiError } from "@ostiary/shared/errors.ts";
import { createTurns, type TurnRules } from "./turns.ts";

/** Turns whose works end when the test says so, with timers it runs by hand. */
function setUp(rules: Partial<TurnRules> = {}) {
  const timers: { work: () => void; ms: number }[] = [];
  let now = 0;
  const state = { pressed: false };
  const turns = createTurns({
    places: 8,
    width: 2,
    isPressed: () => state.pressed,
    after: (work, ms) => void timers.push({ work, ms }),
    tick: () => now,
    ...rules,
  });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const told = new Map<string, string>();
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const ask = (caller: string, name: string, isGone?: () => boolean) =>
    void turns
      .run(
        caller,
        () => {
          begun.push(name);
          return new Promise<void>((resolve) => ends.set(name, resolve));
        },
        isGone,
      )
      .then(
        () => told.set(name, "done"),
        (error: unknown) => told.set(name, error instanceof ApiError ? `${error.kind} ${error.quiet}` : String(error)),
      );
  const end = async (name: string, tookMs = 0) => {
    now += tookMs;
    ends.get(name)?.();
    await settle();
  };
  return { turns, state, timers, begun, told, settle, ask, end };
}

test("so many work at once, the others in their order", async () => {
  const { turns, begun, settle, ask, end } = setUp();
  for (const name of ["a1", "b1", "c1", "d1"]) ask(name, name);
  await settle();
  expect([begun, turns.waiting, turns.working]).toEqual([["a1", "b1"], 2, 2]);
  await end("b1");
  expect(begun).toEqual(["a1", "b1", "c1"]);
});

test("callers take turns: many of one keep the next caller waiting for one of them", async () => {
  const { begun, settle, ask, end } = setUp({ width: 1 });
  for (const name of ["a1", "a2", "a3"]) ask("a", name);
  ask("b", "b1");
  await settle();
  for (const name of ["a1", "b1", "a2"]) await end(name);
  expect(begun).toEqual(["a1", "b1", "a2", "a3"]);
});

test("one caller works on no more than half at once: the next one begins at once", async () => {
  const { turns, begun, settle, ask } = setUp({ width: 4 });
  for (const name of ["a1", "a2", "a3"]) ask("a", name);
  await settle();
  ask("b", "b1");
  await settle();
  expect([begun, turns.waiting]).toEqual([["a1", "a2", "b1"], 1]);
});

test("one caller holds no more than half of the places; a full house has none for anybody", async () => {
  const { turns, told, settle, ask } = setUp({ places: 4 });
  for (const name of ["a1", "a2", "a3"]) ask("a", name);
  await settle();
  expect(told.get("a3")).toBe("busy true");
  ask("b", "b1");
  ask("c", "c1");
  ask("d", "d1");
  await settle();
  expect([told.get("d1"), turns.isFull]).toEqual(["busy true", true]);
});

test("whose client hung up is dropped before it begins, and keeps nobody waiting", async () => {
  const { turns, begun, told, settle, ask, end } = setUp({ width: 1 });
  let gone = false;
  ask("a", "a1");
  ask("b", "b1", () => gone);
  ask("c", "c1");
  await settle();
  gone = true;
  await end("a1");
  expect([begun, told.get("b1"), turns.waiting]).toEqual([["a1", "c1"], "busy true", 0]);
});

test("under pressure one begins at a time, and rests four times as long as it took", async () => {
  const { state, timers, begun, settle, ask, end } = setUp();
  state.pressed = true;
  for (const name of ["a1", "b1", "c1"]) ask(name, name);
  await settle();
  expect([begun, timers.map(({ ms }) => ms)]).toEqual([[], [5]]);
  timers.shift()?.work();
  await settle();
  expect([begun, timers]).toEqual([["a1"], []]);
  await end("a1", 30);
  expect([begun, timers.map(({ ms }) => ms)]).toEqual([["a1"], [120]]);
});

test("what waits under pressure begins when it is over", async () => {
  const { turns, state, begun, settle, ask } = setUp();
  state.pressed = true;
  for (const name of ["a1", "b1", "c1"]) ask(name, name);
  state.pressed = false;
  turns.look();
  await settle();
  expect(begun).toEqual(["a1", "b1"]);
});

test("work that fails gives its turn back", async () => {
  const { turns, begun, settle, ask } = setUp({ width: 1 });
  const fault = await turns
    .run("a", () => Promise.reject(new Error("broken")))
    .then(
      () => null,
      (error: unknown) => String(error),
    );
  ask("a", "a1");
  await settle();
  expect([fault, begun, turns.working]).toEqual(["Error: broken", ["a1"], 1]);
});
