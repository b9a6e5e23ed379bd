// GET /metrics as a collector reads it (OpenMetrics 1.0.0), and the figures that a long run is judged by.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { startApp, type TestApp } from "./kit/start-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const readMetrics = async () => (await app.send(new Request("http://localhost/metrics"))).text();

async function readFigure(name: string): Promise<number> {
  const line = (await readMetrics()).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

describe("GET /metrics", () => {
  test("every sample belongs to a family that was declared before it, buckets rise, the end is marked", async () => {
    const text = await readMetrics();
    expect(text.endsWith("# EOF\n")).toBe(true);
    const types = new Map<string, string>();
    let bucket = { of: "", count: 0 };
    for (const line of text.split("\n").slice(0, -2)) {
      const [, declared, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? [];
      if (declared !== undefined) {
        expect(types.has(declared)).toBe(false);
        types.set(declared, type ?? "");
      }
      if (line.startsWith("#")) continue;
      const [, name = "", labels = "", value] =
        /^(\w+?(?:_bucket|_sum|_count|_total)?)(\{[^}]*\})? (\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(line) ?? [];
      expect([line, name]).not.toEqual([line, ""]);
      expect([line, types.has(name) || types.has(name.replace(/_(bucket|sum|count|total)$/, ""))]).toEqual([line, true]);
      if (!name.endsWith("_bucket")) continue;
      const of = name + labels.replace(/,?le="[^"]*"/, "");
      if (of === bucket.of) expect(Number(value)).toBeGreaterThanOrEqual(bucket.count);
      bucket = { of, count: Number(value) };
    }
  });

  test("whatever holds the event loop shows at once, and stays for a minute", async () => {
    const until = performance.now() + 150;
    while (performance.now() < until);
    expect(app.engine.loop.longest().minute).toBeGreaterThan(100);
    app.engine.loop.beat();
    expect(await readFigure('ostiary_loop_longest_stall_seconds{window="minute"}')).toBeGreaterThan(0.1);
    expect(await readFigure('ostiary_loop_longest_stall_seconds{window="start"}')).toBeGreaterThan(0.1);
    const all = await readFigure("ostiary_loop_stall_seconds_count");
    expect(await readFigure('ostiary_loop_stall_seconds_bucket{le="0.1"}')).toBeLessThan(all);
  });

  test("open descriptors, memory and processor time of the process", async () => {
    const before = await readFigure("process_open_fds");
    const opened = Array.from({ length: 50 }, () => openSync("/dev/null", "r"));
    expect((await readFigure("process_open_fds")) - before).toBeGreaterThan(40);
    for (const one of opened) closeSync(one);
    expect(await readFigure("process_resident_memory_bytes")).toBeGreaterThan(1e7);
    expect(await readFigure("process_cpu_seconds_total")).toBeGreaterThan(0);
  });
});
