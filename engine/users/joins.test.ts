import { expect, test } from "bun:test";
import { createJoins } from "./joins.ts";

test("an equal question joins the one that runs; another, or a later one, is asked for itself", async () => {
  const ask = createJoins<string>();
  const { promise, resolve } = Promise.withResolvers<string>();
  let found = 0;
  const find = () => {
    found++;
    return promise;
  };
  const stays = () => false;
  const answers = [ask("a", stays, find), ask("a", stays, find), ask("b", stays, find)];
  expect(found).toBe(2);
  resolve("x");
  expect(await Promise.all(answers)).toEqual(["x", "x", "x"]);
  await ask("a", stays, find);
  expect(found).toBe(3);
});

test("work is dropped when the last of those who wait has gone, and a failed one is forgotten", async () => {
  const ask = createJoins<string>();
  const { promise, reject } = Promise.withResolvers<string>();
  let allGone = () => false;
  const gone = [false, false];
  const answers = gone.map((_, at) =>
    ask(
      "a",
      () => gone[at] === true,
      (isGone) => {
        allGone = isGone;
        return promise;
      },
    ),
  );
  gone[0] = true;
  expect(allGone()).toBe(false);
  gone[1] = true;
  expect(allGone()).toBe(true);
  reject(new Error("dropped"));
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(
    await ask(
      "a",
      () => false,
      async () => "again",
    ),
  ).toBe("again");
});
