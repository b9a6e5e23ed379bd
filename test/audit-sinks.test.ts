// Copies of the audit trail beside the database: the logger audit and the container audit of privacyIDEA (AU-01, AU-12..AU-15).
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { auditColumns } from "@ostiary/shared/endpoints/audit.ts";
import { openSink } from "../engine/audit/sinks.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { readAudit } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

type Line = Record<string, string | number>;
const readLines = (file: string): Line[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];
const gauges = (app: TestApp, sink: "file" | "syslog") => app.engine.audit.forwarding.gauges.get(sink);

describe("the sink `file`", () => {
  test("AU-12, AU-14: one JSON object a line with the members of an entry; the database has the rows too, and is what is read", async () => {
    const file = join(makeDataDir(), "audit.log");
    const app = await startApp({ "audit.sinks": "file", "audit.sink_file": file });
    await app.engine.audit.forwarding.forward();
    await app.api("GET", "/realm/");
    await app.api("POST", "/validate/check", { user: "nobody\n{}", pass: "1" });
    await app.engine.audit.forwarding.forward();
    const lines = readLines(file);
    const [first, second] = lines.slice(-2);
    expect(Object.keys(first ?? {})).toEqual(auditColumns.filter((name) => name !== "sig_check" && name !== "missing_line"));
    expect([first?.action, second?.action, second?.user]).toEqual(["GET /realm/", "POST /validate/check", "nobody\n{}"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const page = await app.api<{ auditdata: Line[] }>("GET", "/audit/", { action: "POST /validate/check" });
    const [entry = {}] = page.value?.auditdata ?? [];
    expect(second).toEqual(Object.fromEntries(Object.entries(entry).filter(([name]) => name in (second ?? {}))));
    await app.stop();
  });
  test("every row once, in order, over a restart; the last rows go out at the stop", async () => {
    const file = join(makeDataDir(), "audit.log");
    const settings = { "audit.sinks": "file", "audit.sink_file": file };
    const app = await startApp(settings);
    await app.engine.audit.forwarding.forward();
    const before = readLines(file).length;
    await Promise.all(Array.from({ length: 1200 }, () => app.api("GET", "/realm/")));
    const last = readAudit(app.dataDir).at(-1)?.id ?? 0;
    await app.stop();
    const numbers = readLines(file).map(({ number }) => Number(number));
    expect(numbers.slice(before)).toEqual(
      Array.from({ length: numbers.length - before }, (_, at) => last - numbers.length + before + 1 + at),
    );
    expect(numbers.length - before).toBeGreaterThanOrEqual(1200);
  });
  test("a file that can not be written: nothing is lost, the metrics say how far behind, and it goes on by itself", async () => {
    const folder = join(makeDataDir(), "logs");
    mkdirSync(folder);
    const file = join(folder, "audit.log");
    const app = await startApp({ "audit.sinks": "file", "audit.sink_file": file });
    await app.engine.audit.forwarding.forward();
    const sent = readLines(file).length;
    renameSync(folder, `${folder}.away`);
    for (let at = 0; at < 3; at += 1) expect((await app.api("GET", "/realm/")).status).toBe(200);
    await app.engine.audit.forwarding.forward();
    expect(gauges(app, "file")).toMatchObject({ behind: 3, lost: 0 });
    const text = await (await app.send(new Request("http://localhost/metrics"))).text();
    expect(text).toContain('ostiary_audit_sink_rows_behind{sink="file"} 3');
    expect(text).toMatch(/ostiary_audit_sink_faults_total\{sink="file"\} [1-9]/);
    renameSync(`${folder}.away`, folder);
    await app.engine.audit.forwarding.forward();
    expect([readLines(file).length - sent, gauges(app, "file")?.behind]).toEqual([3, 0]);
    await app.stop();
  });
  test("rows that were removed before they could be sent are counted", async () => {
    const folder = join(makeDataDir(), "logs");
    mkdirSync(folder);
    const file = join(folder, "audit.log");
    const app = await startApp({ "audit.sinks": "file", "audit.sink_file": file, "audit.retention_rows": "1" });
    await app.engine.audit.forwarding.forward();
    rmSync(folder, { recursive: true });
    for (let at = 0; at < 5; at += 1) await app.api("GET", "/realm/");
    await app.engine.audit.forwarding.forward();
    await app.engine.audit.upkeep?.retain();
    mkdirSync(folder);
    await app.engine.audit.forwarding.forward();
    // Five rows, of which the newest was kept.
    expect(gauges(app, "file")).toMatchObject({ behind: 0, lost: 4 });
    expect(readLines(file).at(-1)).toMatchObject({ action: "audit rotate", action_detail: expect.stringContaining("newest 1") });
    await app.stop();
  });
});

describe("AU-12, AU-13 the file is moved aside by size", () => {
  const rows = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ date: "", json: JSON.stringify({ number: from + at, filler: "x".repeat(80) }) }));
  test("so many files are kept, lines stay whole, the newest are in the file itself", async () => {
    const path = join(makeDataDir(), "audit.log");
    const sink = openSink({ kind: "file", positionFile: "", path, maxBytes: 1000, count: 3 });
    for (let at = 0; at < 10; at += 1) await sink.send(rows(at * 7, 7));
    const names = readdirSync(join(path, "..")).sort();
    expect(names).toEqual(["audit.log", "audit.log.1", "audit.log.2", "audit.log.3"]);
    const read = ["audit.log.3", "audit.log.2", "audit.log.1", "audit.log"].flatMap((name) => readLines(join(path, "..", name)));
    expect(read.map(({ number }) => number)).toEqual(Array.from({ length: read.length }, (_, at) => 70 - read.length + at));
    for (const name of names) {
      expect(statSync(join(path, "..", name)).size).toBeLessThanOrEqual(1000);
      expect(statSync(join(path, "..", name)).mode & 0o777).toBe(0o600);
    }
  });
  test("none kept: the file begins anew; a line larger than the size stands alone", async () => {
    const path = join(makeDataDir(), "audit.log");
    const sink = openSink({ kind: "file", positionFile: "", path, maxBytes: 100, count: 0 });
    await sink.send(rows(0, 3));
    expect(readLines(path).map(({ number }) => number)).toEqual([2]);
  });
});

describe("the sink `syslog` (RFC 5424)", () => {
  const message = /^<110>1 \d{4}-\d\d-\d\dT\S+\+00:00 \S+ ostiary - audit - (\{.*\})$/;
  const servers: (() => void)[] = [];
  afterAll(() => {
    for (const stop of servers) stop();
  });

  test("TCP: frames with their length (RFC 6587), beside the file (AU-15: several sinks)", async () => {
    let received = "";
    const server = createServer((socket) => socket.on("data", (data) => (received += data.toString())));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const file = join(makeDataDir(), "audit.log");
    const app = await startApp({
      "audit.sinks": "file,syslog",
      "audit.sink_file": file,
      "audit.sink_syslog": `tcp://127.0.0.1:${port}`,
    });
    await app.engine.audit.forwarding.forward();
    await app.api("GET", "/realm/", {});
    await app.api("POST", "/validate/check", { user: "jürgen", pass: "1" });
    await app.engine.audit.forwarding.forward();
    await app.stop();
    const bytes = Buffer.from(received);
    const frames: Line[] = [];
    for (let at = 0; at < bytes.length; ) {
      const blank = bytes.indexOf(" ", at);
      const length = Number(bytes.subarray(at, blank).toString());
      const [, json = ""] = message.exec(bytes.subarray(blank + 1, blank + 1 + length).toString()) ?? [];
      frames.push(JSON.parse(json) as Line);
      at = blank + 1 + length;
    }
    expect(frames.map(({ action }) => action).slice(-2)).toEqual(["GET /realm/", "POST /validate/check"]);
    expect(frames.at(-1)?.user).toBe("jürgen");
    expect(frames).toEqual(readLines(file).slice(-frames.length));
  });
  test("UDP: a datagram a row", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    servers.push(() => socket.close());
    const sink = openSink({ kind: "syslog", protocol: "udp", host: "127.0.0.1", port: socket.address().port, positionFile: "" });
    const first = once(socket, "message");
    await sink.send([{ date: "2025-01-31T10:00:00.000000+00:00", json: '{"number":1}' }]);
    const [datagram] = (await first) as [Buffer];
    expect(message.exec(datagram.toString())?.[1]).toBe('{"number":1}');
  });
  test("nobody listens: the rows wait, log-ins do not", async () => {
    const app = await startApp({ "audit.sinks": "syslog", "audit.sink_syslog": "tcp://127.0.0.1:9" });
    await app.engine.audit.forwarding.forward();
    expect((await app.api("GET", "/realm/")).status).toBe(200);
    await app.engine.audit.forwarding.forward();
    expect(gauges(app, "syslog")).toMatchObject({ sent: 0, lost: 0 });
    expect(gauges(app, "syslog")?.behind).toBeGreaterThan(0);
    await app.stop();
  });
});
