import { expect, test } from "bun:test";
import { followConfiguration } from "./configuration.ts";

/** A store that tells of changes, and reloads that end when the test says so. */
function start() {
  let change = () => {};
  const open: PromiseWithResolvers<void>[] = [];
  const faults: unknown[] = [];
  const configuration = followConfiguration(
    {
      onConfigurationChange(listener) {
        change = listener;
      },
    },
    () => {
      const reload = Promise.withResolvers<void>();
      open.push(reload);
      return reload.promise;
    },
    (error) => faults.push(error),
  );
  return { change: () => change(), open, faults, configuration };
}
const turn = () => new Promise(setImmediate);

test("one change, one reload; settled waits for it", async () => {
  const { change, open, configuration } = start();
  change();
  let settled = false;
  const waiting = configuration.settled().then(() => {
    settled = true;
  });
  await turn();
  expect([open.length, settled]).toEqual([1, false]);
  open[0]?.resolve();
  await waiting;
  expect(open.length).toBe(1);
});

test("changes that come while one runs share the next reload", async () => {
  const { change, open, configuration } = start();
  change();
  await turn();
  change();
  change();
  const waiting = configuration.settled();
  await turn();
  expect(open.length).toBe(1);
  open[0]?.resolve();
  await turn();
  expect(open.length).toBe(2);
  open[1]?.resolve();
  await waiting;
  expect(open.length).toBe(2);
});

test("a reload that fails is told, and the next change reloads again", async () => {
  const { change, open, faults, configuration } = start();
  change();
  const waiting = configuration.settled().then(
    () => null,
    (fault: unknown) => fault,
  );
  await turn();
  open[0]?.reject(new Error("broken"));
  expect(String(await waiting)).toContain("broken");
  expect(faults.length).toBe(1);
  change();
  await turn();
  open[1]?.resolve();
  expect(await configuration.settled()).toBeUndefined();
});

test("after a reload that failed, who asks next has it tried again", async () => {
  const { change, open, configuration } = start();
  change();
  await turn();
  open[0]?.reject(new Error("broken"));
  await turn();
  const waiting = configuration.settled();
  await turn();
  expect(open.length).toBe(2);
  open[1]?.resolve();
  expect(await waiting).toBeUndefined();
  await configuration.settled();
  expect(open.length).toBe(2);
});
