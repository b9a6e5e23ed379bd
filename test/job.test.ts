// Work that outlives its call: the job endpoints over the job table.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiError } from "@ostiary/shared/errors.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

interface JobValue {
  id: string;
  state: string;
  done: number;
  total: number | null;
  result: unknown;
  error: string | null;
}

const look = (id: string) => app.api<JobValue>("GET", `/job/${id}`);

describe("GET /job/, GET /job/(id), DELETE /job/(id)", () => {
  test("a job is listed, shows how far it is, and its result in the end", async () => {
    const gate = Promise.withResolvers<void>();
    const { id } = app.engine.jobs.start("test", "admin", async ({ progress }) => {
      progress(3, 10);
      await gate.promise;
      return { found: 7 };
    });
    expect((await look(id)).value).toMatchObject({ state: "running", done: 3, total: 10, result: null });
    expect((await app.api<JobValue[]>("GET", "/job/")).value?.[0]?.id).toBe(id);
    gate.resolve();
    await Bun.sleep(0);
    expect((await look(id)).value).toMatchObject({ state: "done", result: { found: 7 } });
  });

  test("a stopped job ends after its slice", async () => {
    const { id } = app.engine.jobs.start("test", "admin", async ({ signal }) => {
      while (!signal.aborted) await Bun.sleep(1);
    });
    expect((await app.api("DELETE", `/job/${id}`)).value).toBe(true);
    await Bun.sleep(20);
    expect((await look(id)).value?.state).toBe("stopped");
    expect((await app.api("DELETE", `/job/${id}`)).status).toBe(404);
  });

  test("a fault of the caller is told, one of ours is not", async () => {
    const refused = app.engine.jobs.start("test", "admin", async () => {
      throw new ApiError("not_found", { what: "realm" });
    });
    const broken = app.engine.jobs.start("test", "admin", async () => {
      throw new Error("secret path");
    });
    await Bun.sleep(0);
    expect((await look(refused.id)).value?.error).toBe("The requested realm could not be found.");
    expect((await look(broken.id)).text).not.toContain("secret path");
  });

  test("no more than eight run at once, and of one caller no more than half; unknown ones are 404", async () => {
    const gate = Promise.withResolvers<void>();
    const start = (by: string) => app.engine.jobs.start("test", by, () => gate.promise);
    const startAll = (by: string, count: number) => {
      for (let i = 0; i < count; i++) start(by);
      expect(() => start(by)).toThrow(ApiError);
    };
    startAll("one", 4);
    startAll("two", 2);
    startAll("three", 1);
    startAll("four", 1);
    expect(() => start("five")).toThrow(ApiError);
    gate.resolve();
    await Bun.sleep(0);
    startAll("one", 4);
    expect((await look("nothing")).status).toBe(404);
  });
});
