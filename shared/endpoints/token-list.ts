// GET /token/ and what a token looks like there (rest-api.md 2.3).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { choice, integer, optional, text } from "../params.ts";
import { owner } from "./token-params.ts";

/** `info` holds texts only: a client throws on anything else (clients-contract.md W18). */
export const tokenObject = Type.Object({
  id: Type.Integer(),
  serial: Type.String(),
  tokentype: Type.String(),
  description: Type.String(),
  active: Type.Boolean(),
  revoked: Type.Boolean(),
  locked: Type.Boolean(),
  failcount: Type.Integer(),
  maxfail: Type.Integer(),
  otplen: Type.Integer(),
  count: Type.Integer(),
  count_window: Type.Integer(),
  sync_window: Type.Integer(),
  rollout_state: Type.String(),
  username: Type.String(),
  user_id: Type.String(),
  user_realm: Type.String(),
  user_editable: Type.Optional(Type.Boolean()),
  resolver: Type.String(),
  realms: Type.Array(Type.String()),
  tokengroup: Type.Array(Type.String()),
  info: Type.Record(Type.String(), Type.String()),
});

export const tokenListing = {
  tokenList: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/token/"],
    access: "user",
    right: "tokenlist",
    tag: "token",
    summary: "List tokens",
    description:
      "`*` stands for any text in serial, type, description, rollout_state, user, userid, resolver, realm, tokenrealm and tokengroup; where it is " +
      "used, capitals do not count. With `outform=csv` the answer is a file: all tokens found, by serial number, or one page of them if page or " +
      "pagesize is given. It has a line of names, then a line for each token, each value in single quotes and followed by `, `; what a " +
      "spreadsheet would take for a formula gets an apostrophe before it.",
    params: Type.Object({
      serial: optional(text("serial number", { empty: "absent" })),
      type: optional(text("token type", { empty: "absent" })),
      description: optional(text("description", { empty: "absent" })),
      ...owner,
      userid: optional(text("user id in the resolver", { empty: "absent" })),
      tokenrealm: optional(text("realm of the token", { empty: "absent", maxLength: 255 })),
      tokengroup: optional(text("group of the token", { empty: "absent", maxLength: 255 })),
      assigned: optional(text("`true`: with an owner, anything else: without", { empty: "absent" })),
      active: optional(text("`true`: enabled, anything else: disabled", { empty: "absent" })),
      rollout_state: optional(text("rollout state", { empty: "absent" })),
      infokey: optional(text("token information, together with infovalue", { empty: "absent" })),
      infovalue: optional(text("value of infokey", { empty: "absent" })),
      sortby: optional(
        text(
          "serial, tokentype, description, active, revoked, locked, failcount, maxfail, otplen, count, count_window, sync_window, " +
            "rollout_state, user_id, resolver, user_realm or id; anything else: serial",
          { empty: "absent" },
        ),
      ),
      sortdir: optional(choice("direction", ["asc", "desc"])),
      page: optional(integer("page, from 1", { minimum: 1, maximum: 1_000_000 })),
      pagesize: optional(integer("tokens on a page", { minimum: 1, maximum: 1000 })),
      outform: optional(text("`csv`: a file; anything else: JSON", { maxLength: 20, empty: "absent" })),
    }),
    value: Type.Object({
      tokens: Type.Array(tokenObject),
      count: Type.Integer(),
      current: Type.Integer(),
      prev: Type.Union([Type.Integer(), Type.Null()]),
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
    file: "text/csv; charset=utf-8",
    errors: ["too_many_users"],
  }),
};
