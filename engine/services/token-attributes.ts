// What of a token lives in columns under names of the contract: POST /token/set sets it, and as token information it is shown,
// written, deleted and searched like any other (K1-11, rest-api.md 3.2). A copy among the plain information would mean nothing.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { type ColumnInfo, columnInfo, type TokenAttribute } from "@ostiary/shared/token-attributes.ts";
import { formatValidity, parseValidity, ValidityFormatError } from "../core/validity.ts";
import type { TokenTable } from "../store/schema.ts";
import type { TokenRecord } from "../store/store.ts";
import { MAX_STEPS } from "../tokens/oath-enrolment.ts";
import { findTokenType, tokenKinds } from "../tokens/registry.ts";

type Cell = string | number | null;
export type TokenColumns = Partial<Record<keyof TokenTable, Cell>>;

interface Attribute {
  column: keyof TokenTable;
  /** From what was sent to what is stored; as it is if absent. Errors: 905. */
  read?: (value: string | number, name: string) => Cell;
  /** From what is stored to what is shown. */
  show?: (value: string | number) => string;
  /** What a new token has. */
  initial?: Cell;
}

const validity = { read: readMoment, show: (time: string | number) => formatValidity(Number(time)), initial: null };
/** 0 stands for no limit. */
const limit = { read: (value: string | number) => (value === 0 ? null : value), initial: null };

const attributes: Record<TokenAttribute, Attribute> = {
  description: { column: "description" },
  count_window: { column: "count_window" },
  sync_window: { column: "sync_window" },
  max_failcount: { column: "max_fail" },
  count_auth: { column: "auth_count", initial: 0 },
  count_auth_success: { column: "auth_success", initial: 0 },
  count_auth_max: { column: "auth_count_max", ...limit },
  count_auth_success_max: { column: "auth_success_max", ...limit },
  validity_period_start: { column: "valid_from", ...validity },
  validity_period_end: { column: "valid_until", ...validity },
  last_auth: { column: "last_auth", read: readIsoTime, show: (time) => new Date(Number(time)).toISOString(), initial: null },
  hashlib: { column: "algorithm", initial: "sha1" },
  timeStep: { column: "time_step", initial: 30 },
  timeWindow: { column: "time_window", initial: 180 },
  timeShift: { column: "time_shift", initial: 0 },
};

const ofEveryType: readonly ColumnInfo[] = [
  "count_auth",
  "count_auth_success",
  "count_auth_max",
  "count_auth_success_max",
  "last_auth",
  "validity_period_start",
  "validity_period_end",
];

/** K1-10, and the older form. An empty text takes the limit away. Error: 905. */
export function readMoment(text: string | number, name: string): number | null {
  if (text === "") return null;
  try {
    return parseValidity(String(text));
  } catch (cause) {
    if (cause instanceof ValidityFormatError)
      throw new ApiError("bad_parameter", { name, wanted: phrase("wanted_time") }, { cause });
    throw cause;
  }
}

function readIsoTime(text: string | number, name: string): number | null {
  if (text === "") return null;
  const time = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$/.test(String(text))
    ? Date.parse(String(text).replace(" ", "T"))
    : Number.NaN;
  if (Number.isNaN(time)) throw new ApiError("bad_parameter", { name, wanted: phrase("wanted_iso_time") });
  return time;
}

/** Information that lives in a column of tokens of this type. */
export function isColumnInfo(kind: string, key: string): key is ColumnInfo {
  if (!Object.hasOwn(columnInfo, key)) return false;
  return ofEveryType.includes(key as ColumnInfo) || (findTokenType(kind)?.info.includes(key as ColumnInfo) ?? false);
}

/** Token types whose tokens have this information in a column. */
export const kindsWithColumn = (key: string): string[] => tokenKinds.filter((kind) => isColumnInfo(kind, key));

/** A sent text of an information, as the parameter of this name would be read. Error: 905. */
export function readColumnInfo(key: ColumnInfo, text: string): string | number {
  const {
    type,
    minimum = 0,
    maximum = 0,
    enum: words,
  } = columnInfo[key] as { [name: string]: unknown } & {
    minimum?: number;
    maximum?: number;
    enum?: string[];
  };
  if (words && !words.includes(text))
    throw new ApiError("bad_parameter", { name: key, wanted: phrase("wanted_one_of", { words: words.join(", ") }) });
  if (type !== "integer") return text;
  const number = /^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= minimum && number <= maximum))
    throw new ApiError("bad_parameter", { name: key, wanted: phrase("wanted_whole_number", { minimum, maximum }) });
  return number;
}

/** The column of an information and what a value would be in it; for searches. Null: no token can have that there. */
export function findColumn(key: string, text: string): { column: keyof TokenTable & string; value: Cell } | null {
  if (!Object.hasOwn(columnInfo, key)) return null;
  const { column, read } = attributes[key as ColumnInfo];
  try {
    const value = readColumnInfo(key as ColumnInfo, text);
    return { column, value: read ? read(value, key) : value };
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** The columns an attribute changes. Null: this token has no such thing. Errors: 905. */
export function columnsFor(token: TokenRecord, name: TokenAttribute, value: string | number): TokenColumns | null {
  if (Object.hasOwn(columnInfo, name) && !isColumnInfo(token.type, name)) return null;
  const { column, read } = attributes[name];
  return withSteps(token, { [column]: read ? read(value, name) : value });
}

/** The columns that deleting an information changes. */
export function clearedColumns(token: TokenRecord, name: ColumnInfo): TokenColumns {
  const { column, initial = null } = attributes[name];
  return withSteps(token, { [column]: initial });
}

/**
 * A time step of another length: the last step that was accepted is counted anew, so that no moment that was used is good again and
 * the token does not have to wait until the clock has caught up with its counter.
 */
function withSteps(token: TokenRecord, columns: TokenColumns): TokenColumns {
  const { time_step: step = token.timeStep, time_window: window = token.timeWindow } = columns as Record<string, number>;
  if ((columns.time_step ?? columns.time_window) !== undefined && (2 * window) / step > MAX_STEPS)
    throw new ApiError("bad_parameter", { name: "timeWindow", wanted: phrase("wanted_steps", { maximum: MAX_STEPS / 2 }) });
  if (columns.time_step === undefined || token.counter === 0) return columns;
  return { ...columns, counter: Math.ceil(((token.counter + 1) * token.timeStep) / step) - 1 };
}

/** Token information from the columns of a row, as texts (clients-contract.md W18); what is not set is left out. */
export function showColumnInfo(kind: string, row: TokenColumns): Record<string, string> {
  const info: Record<string, string> = {};
  for (const key of [...(findTokenType(kind)?.info ?? []), ...ofEveryType]) {
    const { column, show = String } = attributes[key];
    const value = row[column] ?? null;
    if (value !== null) info[key] = show(value);
  }
  return info;
}
