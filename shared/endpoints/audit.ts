// The audit trail (rest-api.md 2.8; events-and-tools.md 5).
import { type Static, Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { choice, integer, list, optional, text } from "../params.ts";

/** The members of an entry, in the order of the contract (AU-10). */
export const auditColumns = [
  "number",
  "date",
  "sig_check",
  "missing_line",
  "action",
  "success",
  "serial",
  "token_type",
  "user",
  "realm",
  "resolver",
  "administrator",
  "action_detail",
  "info",
  "privacyidea_server",
  "policies",
  "client",
  "log_level",
  "clearance_level",
  "startdate",
  "duration",
  "thread_id",
] as const;

export type AuditColumn = (typeof auditColumns)[number];

const verdict = (description: string) => Type.Union([Type.Literal("OK"), Type.Literal("FAIL")], { description });

const entry = Type.Object({
  number: Type.Integer({ description: "id of the row; grows with time" }),
  date: Type.String({ description: "when the call ended: ISO 8601 with microseconds, UTC" }),
  sig_check: verdict("the row is what was written, and it is signed or young enough to be signed soon"),
  missing_line: verdict("no row is missing beside it, but for those that rotation removed and signed for"),
  action: Type.String({ description: "`METHOD /route`" }),
  success: Type.Union([Type.Literal(0), Type.Literal(1)]),
  serial: Type.String({ description: "several are separated by commas" }),
  token_type: Type.String(),
  user: Type.String(),
  realm: Type.String(),
  resolver: Type.String(),
  administrator: Type.String(),
  action_detail: Type.String(),
  info: Type.String(),
  privacyidea_server: Type.String({ description: "name of the node" }),
  policies: Type.String(),
  client: Type.String({ description: "address of the client" }),
  log_level: Type.Literal("default"),
  clearance_level: Type.Literal("default"),
  startdate: Type.String({ description: "when the call began" }),
  duration: Type.Number({ description: "seconds" }),
  thread_id: Type.Literal("0"),
});

export type AuditEntryObject = Static<typeof entry>;

const pattern = (description: string) => optional(text(`${description}; \`*\` stands for any text`, { maxLength: 500 }));

/** Columns one can search by; all others of an entry are the same for every row, or no columns of the trail. */
const filters = {
  number: optional(integer("number of the row")),
  date: pattern("when the call ended, as it is shown, e.g. `2025-01-31T*`"),
  startdate: pattern("when the call began, as it is shown"),
  duration: pattern("seconds, as shown"),
  action: pattern("e.g. `POST /validate/check` or `*validate*`"),
  success: optional(text("1 or 0", { maxLength: 10 })),
  serial: pattern("serial number"),
  token_type: pattern("token type"),
  user: pattern("log-in name"),
  realm: pattern("realm"),
  resolver: pattern("resolver"),
  administrator: pattern("administrator"),
  action_detail: pattern("detail of the action"),
  info: pattern("what came of it"),
  privacyidea_server: pattern("name of the node"),
  policies: pattern("policies that took part"),
  client: pattern("address of the client"),
  log_level: pattern("always `default`"),
  clearance_level: pattern("always `default`"),
  thread_id: pattern("always `0`"),
  timelimit: optional(text("only the last days, hours or minutes: `1d`, `1h`, `1m`", { maxLength: 20, empty: "absent" })),
  before: optional(integer("only rows with a smaller number")),
  after: optional(integer("only rows with a greater number")),
  sortorder: optional(choice("by number", ["asc", "desc"])),
};

/** Names of the members of `filters` that are columns. */
export const auditFilterColumns = Object.keys(filters).filter((name) =>
  (auditColumns as readonly string[]).includes(name),
) as Exclude<AuditColumn, "sig_check" | "missing_line">[];

export const audit = {
  auditList: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/audit/"],
    access: "user",
    right: "auditlog",
    tag: "audit",
    summary: "A page of the audit trail",
    description:
      "Newest first. All filters must fit. A user sees the rows about himself. A search that would take too long stops and says so: " +
      "`complete` is false, `count` is what was found, and `searched_to` is the number of the last row that was looked at; the same call with " +
      "`before` (descending) or `after` (ascending) of that number goes on.",
    params: Type.Object({
      ...filters,
      page: optional(integer("page, from 1", { minimum: 1, maximum: 10_000_000 })),
      page_size: optional(integer("rows of a page; 15 where absent", { minimum: 1, maximum: 10_000 })),
    }),
    value: Type.Object({
      auditdata: Type.Array(entry),
      auditcolumns: Type.Array(Type.String()),
      count: Type.Integer({ description: "rows that fit" }),
      current: Type.Integer(),
      prev: Type.Union([Type.Integer(), Type.Null()]),
      next: Type.Union([Type.Integer(), Type.Null()]),
      complete: Type.Boolean({ description: "false: the search was stopped; count is a lower bound" }),
      searched_to: Type.Union([Type.Integer(), Type.Null()], { description: "where the search stopped, when it did" }),
    }),
    errors: ["bad_parameter"],
  }),
  auditCsv: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/audit/:csvfile"],
    access: "admin",
    right: "auditlog_download",
    tag: "audit",
    summary: "Download the audit trail as CSV",
    description:
      "Each value in single quotes, separated by commas, one row a line, no heading. The filters of GET /audit/ apply. A value that a spreadsheet " +
      "would run as a formula begins with an apostrophe; line ends inside values become blanks. Rows that are written during the download are not part of it.",
    params: Type.Object({
      ...filters,
      csvfile: text("name of the file", { maxLength: 255, empty: "refuse" }),
      columns: optional(list("the columns wanted, in this order; all where absent")),
    }),
    value: Type.String({ description: "text/csv" }),
    raw: "text/csv",
    errors: ["bad_parameter"],
  }),
};
