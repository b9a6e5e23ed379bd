// Where copies of audit rows can go beside the database: a file that is rotated (AU-12), a syslog server (RFC 5424). In a worker.
// A sink takes whole slices: it answers when they are out of our hands, or throws, and then gets the same slice again.
import { createSocket } from "node:dgram";
import { closeSync, fdatasyncSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { hostname } from "node:os";

export type SinkOptions = {
  /** How far it got; not beside the copies, which may lie on a disk that is away for a while. */
  positionFile: string;
} & (
  | { kind: "file"; path: string; maxBytes: number; count: number }
  | { kind: "syslog"; protocol: "tcp" | "udp"; host: string; port: number }
);

export interface SinkRow {
  /** When the call ended, ISO 8601. */
  date: string;
  /** One line of JSON, without the line end. */
  json: string;
}

export interface Sink {
  send(rows: readonly SinkRow[]): Promise<void>;
}

export function openSink(options: SinkOptions): Sink {
  return options.kind === "file" ? openFileSink(options) : openSyslogSink(options);
}

/** `path`, and `path.1` to `path.COUNT`, the newest first. A line is never split between two files. */
function openFileSink({ path, maxBytes, count }: Extract<SinkOptions, { kind: "file" }>): Sink {
  function moveOn(): void {
    rmSync(`${path}.${count}`, { force: true });
    for (let number = count - 1; number >= 0; number -= 1) {
      const from = number === 0 ? path : `${path}.${number}`;
      try {
        renameSync(from, `${path}.${number + 1}`);
      } catch (error) {
        if ((error as { code?: unknown }).code !== "ENOENT") throw error;
      }
    }
    if (count === 0) rmSync(path, { force: true });
  }

  return {
    async send(rows) {
      let file = openSync(path, "a", 0o600);
      try {
        let size = fstatSync(file).size;
        for (const { json } of rows) {
          const line = Buffer.from(`${json}\n`);
          if (size > 0 && size + line.length > maxBytes) {
            fdatasyncSync(file);
            closeSync(file);
            moveOn();
            file = openSync(path, "a", 0o600);
            size = 0;
          }
          for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
          size += line.length;
        }
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}

const sendMs = 10_000;
// Facility 13 (log audit), severity 6 (informational).
const priority = 13 * 8 + 6;

/** Frames of RFC 6587 3.4.1 over TCP, one connection a slice; datagrams of RFC 5426 over UDP, whose loss nobody can see. */
function openSyslogSink({ protocol, host, port }: Extract<SinkOptions, { kind: "syslog" }>): Sink {
  const toMessage = ({ date, json }: SinkRow) => Buffer.from(`<${priority}>1 ${date} ${hostname()} ostiary - audit - ${json}`);
  if (protocol === "udp") {
    return {
      async send(rows) {
        const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
        try {
          for (const row of rows)
            await new Promise<void>((resolve, reject) => {
              socket.send(toMessage(row), port, host, (error) => (error ? reject(error) : resolve()));
            });
        } finally {
          socket.close();
        }
      },
    };
  }
  return {
    send: (rows) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port });
        const give = (error: Error) => {
          socket.destroy();
          reject(error);
        };
        socket.setTimeout(sendMs, () => give(new Error(`${host}:${port} does not take anything`)));
        socket.once("error", give);
        socket.once("connect", () => {
          const frames = rows.map((row) => {
            const message = toMessage(row);
            return Buffer.concat([Buffer.from(`${message.length} `), message]);
          });
          socket.end(Buffer.concat(frames), () => {
            socket.destroy();
            resolve();
          });
        });
      }),
  };
}
