// The log: one JSON object a line on standard error, through LogTape. What is printed passes `cleanLogValue`: secrets and
// bytes never appear, query strings are cut (a PIN can travel in the URL of a GET), no control character reaches a terminal.
//
//   configureLog("info");
//   const log = openLog("store");
//   log.info("migrated", { from: 3, to: 4 });
import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { Secret } from "./core/secret.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";
export type LogFields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const longestText = 2000;
const deepest = 6;
const mostItems = 100;

/**
 * Starts logging from `level` upwards; `write` gets whole lines with their line feed (default: standard error).
 * Before it is called nothing is printed. A second call replaces the first.
 */
export function configureLog(level: LogLevel, write: (line: string) => void = (line) => process.stderr.write(line)): void {
  resetSync();
  configureSync({
    sinks: { lines: (record) => write(formatLogRecord(record)) },
    loggers: [
      { category: "ostiary", sinks: ["lines"], lowestLevel: level },
      // LogTape reports faults of the logging itself under this category.
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "warning" },
    ],
  });
}

/** The log of one part of the engine, such as "store" or "http". Messages are plain text: data belongs in the fields. */
export function openLog(area: string): Log {
  const logger = getLogger(["ostiary", area]);
  // Fields travel as one property: LogTape would otherwise fill {placeholders} of the message with them.
  return {
    debug: (message, fields) => logger.debug(message, { fields }),
    info: (message, fields) => logger.info(message, { fields }),
    warn: (message, fields) => logger.warning(message, { fields }),
    error: (message, fields) => logger.error(message, { fields }),
  };
}

/** One line of JSON with a line feed: time (ISO 8601, UTC), level, area, message, then the fields. */
export function formatLogRecord(record: LogRecord): string {
  const own = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    area: record.category.slice(1).join("."),
    message: cleanLogValue(typeof record.rawMessage === "string" ? record.rawMessage : record.rawMessage.join("…")),
  };
  const fields = record.category[0] === "ostiary" ? record.properties.fields : record.properties;
  const cleaned = cleanLogValue(fields);
  // The fields first and ours over them: a field named "level" must not disguise the line.
  const line = JSON.stringify({ ...own, ...(cleaned as object | undefined), ...own });
  // JSON escapes C0; DEL and C1 (0x9b starts an escape sequence) and the line separators pass through it.
  return `${line.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/**
 * A value as it may be printed: plain JSON, with secrets, bytes, functions and query strings replaced, long texts and lists
 * cut, cycles ended. Never throws, also not for a getter or toJSON that does.
 */
export function cleanLogValue(value: unknown, depth = 0): unknown {
  if (value instanceof Secret) return "[secret]";
  switch (typeof value) {
    case "string":
      return cutQuery(value.length > longestText ? `${value.slice(0, longestText)}…` : value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return value.toString();
    case "symbol":
    case "function":
      return `[${typeof value}]`;
  }
  if (typeof value !== "object" || value === null) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (value instanceof URL) return `${value.protocol}//${value.host}${value.pathname}`;
  if (depth >= deepest) return "[…]";
  try {
    return cleanObject(value, depth + 1);
  } catch {
    return "[unreadable]";
  }
}

/** Errors, lists, sets, maps and plain objects, each with their members cleaned. */
function cleanObject(value: object, depth: number): unknown {
  if (value instanceof Error) {
    // Own members of errors stay out: database drivers put statements and parameters there.
    const { name, message, stack, cause } = value;
    const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    const error = {
      name,
      message,
      stack: frames.slice(0, 8).map((line) => line.trim()),
      ...(cause === undefined ? {} : { cause }),
    };
    return cleanObject(error, depth);
  }
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value];
    const cleaned = items.slice(0, mostItems).map((item) => cleanLogValue(item, depth));
    return items.length > mostItems ? [...cleaned, `… ${items.length - mostItems} more`] : cleaned;
  }
  const entries: [string, unknown][] = value instanceof Map ? [...value].map(([k, v]) => [String(k), v]) : Object.entries(value);
  return Object.fromEntries(entries.slice(0, mostItems).map(([k, v]) => [String(cleanLogValue(k)), cleanLogValue(v, depth)]));
}

/** Cuts what follows a `?` like a query: `/validate/check?pass=1234` becomes `/validate/check?[query]`. */
function cutQuery(text: string): string {
  return text.includes("?") ? text.replace(/\?[^\s"'<>?]*=[^\s"'<>]*/g, "?[query]") : text;
}
