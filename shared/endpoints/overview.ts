// Figures for the start page of administrators (config-and-tokens.md D04). Ours; the contract leaves it to pages of the audit trail
// and lists of tokens, which would be read through for every look at the page.
import { type Static, Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { integer, optional } from "../params.ts";

const count = Type.Integer();
const hour = Type.Object({
  start: Type.Integer({ description: "milliseconds since 1970" }),
  accepted: count,
  refused: count,
});
const step = Type.Object({
  step: Type.String({ description: "as in ostiary_login_step_seconds of GET /metrics" }),
  count,
  mean: Type.Number({ description: "seconds" }),
  slow: Type.Number({ description: "seconds: 95 of 100 took no longer, to the next bound of the histogram" }),
});

export const overview = {
  overviewLogins: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/overview/logins"],
    access: "admin",
    right: "auditlog",
    tag: "monitoring",
    summary: "Log-ins by hour, and why they were refused",
    description:
      "From the newest 200,000 rows of the audit trail at most; `complete` is false where that is less than the hours asked for, and the " +
      "hours before `since` are then not told. The steps are those of this node since its start.",
    params: Type.Object({ hours: optional(integer("how far back; 24 where absent", { minimum: 1, maximum: 168 })) }),
    value: Type.Object({
      since: Type.Integer({ description: "milliseconds since 1970" }),
      complete: Type.Boolean(),
      hours: Type.Array(hour, { description: "whole hours (UTC), oldest first, empty ones too" }),
      reasons: Type.Array(Type.Object({ info: Type.String(), count }), { description: "the most frequent first, at most eight" }),
      users: Type.Array(Type.Object({ user: Type.String(), realm: Type.String(), count }), {
        description: "who was refused, the most frequent first, at most eight",
      }),
      steps: Type.Array(step),
    }),
    errors: ["bad_parameter"],
  }),
  overviewTokens: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/overview/tokens"],
    access: "admin",
    right: "tokenlist",
    tag: "monitoring",
    summary: "How many tokens there are, by type and state",
    params: Type.Object({}),
    value: Type.Object({
      count,
      types: Type.Array(Type.Object({ type: Type.String(), count }), { description: "the most frequent first" }),
      disabled: count,
      exhausted: Type.Integer({ description: "fail counter at its limit" }),
      revoked: count,
      unassigned: Type.Integer({ description: "without an owner" }),
    }),
  }),
};

export type LoginHour = Static<typeof hour>;
