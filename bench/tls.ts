// What TLS costs a log-in: one server with both listeners, log-ins with a PIN it remembers, in rounds that take turns. Over kept
// connections TLS is encryption alone; with a connection for each log-in it is the handshake.
//
//   bun bench/tls.ts [--rounds 3] [--connections 32] [--logins 400] [--handshakes 20]
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseArgs } from "node:util";
import { makePair } from "../test/kit/certificates.ts";
import { makeDataDir } from "../test/kit/data-dir.ts";
import { startServer } from "../test/kit/start-server.ts";
import { readCpuMicros } from "./machine.ts";
import { type Row, takeMedian, writeReport } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
    logins: { type: "string", default: "400" },
    handshakes: { type: "string", default: "20" },
  },
});
const rounds = Number(values.rounds);
const connections = Number(values.connections);

type Way = "plain" | "tls";
interface Measured {
  rate: number;
  p99: number;
  cpuMicros: number;
}

const pair = makePair(makeDataDir(), "bench");
const settings = {
  "tls.certificate_file": pair.certificate,
  "tls.key_file": pair.key,
  "server.listen_plain": "127.0.0.1:0",
  "guard.user": "off",
};
const server = await startServer({ args: Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]) });
const ports: Record<Way, number> = {
  plain: server.port,
  tls: Number(/listening on https:\/\/[^:]+:(\d+)/.exec(server.output())?.[1]),
};

function open(way: Way): Promise<Socket> {
  const where = { port: ports[way], host: "127.0.0.1" };
  return new Promise((resolve, reject) => {
    const socket: Socket =
      way === "plain"
        ? connectPlain(where, () => resolve(socket))
        : connectTls({ ...where, rejectUnauthorized: false }, () => resolve(socket));
    socket.once("error", reject);
  });
}

function logIn(socket: Socket, serial: number): Promise<void> {
  const body = `serial=BENCH${serial}&pass=sesame`;
  return new Promise((resolve, reject) => {
    let text = "";
    const take = (chunk: Buffer) => {
      text += chunk;
      if (!text.includes('"versionnumber"')) return;
      socket.removeListener("data", take);
      if (text.includes('"value":true')) resolve();
      else reject(new Error(text));
    };
    socket.on("data", take);
    socket.write(
      `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
}

/** `each` log-ins on every connection; with `fresh` each on a connection of its own. */
async function measure(way: Way, each: number, fresh: boolean): Promise<Measured> {
  const took: number[] = [];
  const cpu = readCpuMicros(server.pid);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async (_, serial) => {
      let socket = fresh ? null : await open(way);
      for (let i = 0; i < each; i++) {
        const tick = performance.now();
        if (fresh) socket = await open(way);
        if (socket) await logIn(socket, serial);
        took.push(performance.now() - tick);
        if (fresh) socket?.destroy();
      }
      socket?.destroy();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  took.sort((a, b) => a - b);
  return {
    rate: took.length / seconds,
    p99: took[Math.floor(took.length * 0.99)] ?? 0,
    cpuMicros: (readCpuMicros(server.pid) - cpu) / took.length,
  };
}

async function compare(claim: string, each: number, fresh: boolean): Promise<Row> {
  const seen: Record<Way, Measured[]> = { plain: [], tls: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const way of ["plain", "tls"] as const) {
      const measured = await measure(way, each, fresh);
      // The first round warms both up.
      if (round > 0) seen[way].push(measured);
    }
  }
  const median = (way: Way, pick: keyof Measured) => takeMedian(seen[way].map((one) => one[pick]));
  const rate = median("tls", "rate");
  const againstRate = median("plain", "rate");
  return {
    claim,
    against: "plain HTTP",
    rate,
    againstRate,
    p99: median("tls", "p99"),
    againstP99: median("plain", "p99"),
    cpuMicros: median("tls", "cpuMicros"),
    againstCpuMicros: median("plain", "cpuMicros"),
    ratio: rate / againstRate,
  };
}

const rows: Row[] = [];
try {
  for (let n = 0; n < connections; n++) {
    const made = await server.api("POST", "/token/init", { type: "spass", serial: `BENCH${n}`, pin: "sesame" });
    if (made.error) throw new Error(made.text);
  }
  rows.push(await compare("log-ins over kept TLS connections", Number(values.logins), false));
  rows.push(await compare("log-ins with a TLS handshake each", Number(values.handshakes), true));
} finally {
  await server.stop();
}
await writeReport({
  bench: "tls",
  hashCost: "Argon2id 19456 KiB, t=2, p=1, PINs remembered",
  settings: { rounds, connections, key: "P-256", loadGenerator: "same machine, own process" },
  rows,
});
