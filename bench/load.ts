// A load generator in a process of its own: HTTP over raw TCP, keep-alive, one request at a time on each connection. It must
// cost little beside the server it measures (about 10 us of processor time a request): requests are built before the clock
// starts, answers are framed by their length and searched for `"value":true`.
//
//   const result = await runLoad({ port, connections: 64, bodies });
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface LoadPlan {
  port: number;
  connections: number;
  /** Form bodies, one request each, sent in this order; none may hold a line feed. */
  bodies: readonly string[];
  path?: string;
  /** Begin again at the end of the bodies until so many milliseconds have passed. Without it each body is sent once. */
  forMs?: number;
  /** Requests a second, whatever the server makes of them: one that finds every connection at work counts from when it was due. */
  perSecond?: number;
  /** A request that is refused with 503 is sent again, after all others; the load ends after so many milliseconds. */
  againForMs?: number;
  /** GET: the bodies are paths with their queries. */
  method?: "POST" | "GET";
  /** What makes an answer good; "any": that it came. */
  expect?: "true" | "any";
  headers?: Record<string, string>;
}

export interface LoadResult {
  requests: number;
  good: number;
  /** The first answer that was not good. */
  firstBad?: string;
  /** Answers with status 503. */
  refused: number;
  /** Until a refusal came, milliseconds: the middle one. */
  refusedP50: number;
  seconds: number;
  perSecond: number;
  /** Good answers a second until the last request was sent: without the end, when connections have nothing left to ask. */
  goodWhileSending: number;
  /** milliseconds */
  p50: number;
  p99: number;
  max: number;
  /** Processor time of the generator for each request, microseconds. */
  loadCpuMicros: number;
}

/** Runs a plan in a new process and waits for its result. Throws when the process fails. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-load-"));
  try {
    const { bodies, ...rest } = plan;
    await Bun.write(join(folder, "bodies"), bodies.join("\n"));
    const command = [process.execPath, import.meta.path, JSON.stringify({ ...rest, bodiesFile: join(folder, "bodies") })];
    const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] });
    const text = await child.stdout.text();
    if ((await child.exited) !== 0) throw new Error("the load generator failed");
    return JSON.parse(text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Line {
  sentAt: number;
  request: Buffer<ArrayBuffer>;
  /** What has come of an answer that is not complete; empty nearly always. */
  partial: Buffer;
}

/** The length of the answer at the start of `chunk`, or -1 while it is not complete. Answers without a length are a fault. */
function measureAnswer(chunk: Buffer): number {
  const end = chunk.indexOf("\r\n\r\n");
  if (end < 0) return -1;
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(chunk.toString("latin1", 0, end)) ?? [];
  if (length === undefined) throw new Error(`an answer without Content-Length:\n${chunk.toString("latin1", 0, end)}`);
  const total = end + 4 + Number(length);
  return chunk.length < total ? -1 : total;
}

/** Sends the plan's requests and gathers the figures. */
async function generate(plan: Omit<LoadPlan, "bodies">, bodies: string[]): Promise<LoadResult> {
  const { port, connections, path = "/validate/check", forMs, perSecond, expect = "true", againForMs, method = "POST" } = plan;
  const extra = Object.entries(plan.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\n${extra.join("")}`;
  const requests = bodies.map((body) =>
    method === "GET"
      ? Buffer.from(`GET ${body} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${extra.join("")}\r\n`)
      : Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  );
  const latencies: number[] = [];
  const refusals: number[] = [];
  const result = { good: 0, refused: 0, firstBad: undefined as string | undefined };
  let next = 0;
  let open = 0;
  let sending: { until: number; good: number } | undefined;
  let finish: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });

  const sockets = await Promise.all(
    Array.from({ length: connections }, () =>
      Bun.connect<Line>({
        hostname: "127.0.0.1",
        port,
        data: { sentAt: 0, request: Buffer.alloc(0), partial: Buffer.alloc(0) },
        socket: {
          data: onData,
          close: () => fail(new Error("the server closed a connection")),
          error: (_socket, error) => fail(error),
        },
      }),
    ),
  );
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const stopAt = start + (forMs ?? againForMs ?? Number.POSITIVE_INFINITY);

  const idle: Bun.Socket<Line>[] = [];

  function sendNext(socket: Bun.Socket<Line>, now: number, justFreed = false): void {
    const request = forMs === undefined ? requests[next] : requests[next % requests.length];
    if (request === undefined || now >= stopAt) {
      sending ??= { until: now, good: result.good };
      if (--open === 0) finish();
      return;
    }
    if (perSecond !== undefined) {
      const due = start + (1000 * next) / perSecond;
      if (due > now) {
        idle.push(socket);
        return;
      }
      // Not later than it was due, unless the connection was free and only our own timer is coarse.
      socket.data.sentAt = justFreed ? due : now;
    } else socket.data.sentAt = now;
    next++;
    socket.data.request = request;
    if (socket.write(request) !== request.length) fail(new Error("a request did not fit into the socket"));
  }

  function onData(socket: Bun.Socket<Line>, chunk: Buffer): void {
    const line = socket.data;
    const whole = line.partial.length === 0 ? chunk : Buffer.concat([line.partial, chunk]);
    const length = measureAnswer(whole);
    if (length < 0) {
      line.partial = Buffer.from(whole);
      return;
    }
    if (length !== whole.length) fail(new Error("more came than one answer"));
    line.partial = Buffer.alloc(0);
    const now = performance.now();
    latencies.push(now - line.sentAt);
    if (expect === "any" || whole.indexOf('"value":true') >= 0) result.good++;
    else result.firstBad ??= whole.toString();
    if (whole.toString("latin1", 9, 12) === "503") {
      result.refused++;
      refusals.push(now - line.sentAt);
      if (againForMs !== undefined) requests.push(line.request);
    }
    sendNext(socket, now, true);
  }

  for (const socket of sockets) {
    open++;
    sendNext(socket, performance.now());
  }
  const pacer = setInterval(() => {
    for (const socket of idle.splice(0)) sendNext(socket, performance.now());
  }, 1);
  await finished;
  clearInterval(pacer);
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  refusals.sort((a, b) => a - b);
  const at = (share: number) => round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0);
  return {
    requests: latencies.length,
    ...result,
    seconds: round(seconds),
    perSecond: Math.round(latencies.length / seconds),
    goodWhileSending: sending ? Math.round((1000 * sending.good) / (sending.until - start)) : 0,
    refusedP50: round(refusals[refusals.length >> 1] ?? 0),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    loadCpuMicros: round((cpu.user + cpu.system) / latencies.length),
  };
}

/** Three decimals are more than a noisy machine gives. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

if (import.meta.main) {
  const { bodiesFile, ...plan } = JSON.parse(process.argv[2] ?? "{}");
  const bodies = (await Bun.file(bodiesFile).text()).split("\n");
  process.stdout.write(JSON.stringify(await generate(plan, bodies)));
  process.exit(0);
}
