// What administrators do to tokens (rest-api.md 2.3).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { flag, integer, list, optional, secret, text } from "../params.ts";
import { settableAttributes } from "../token-attributes.ts";
import { serial, which } from "./token-params.ts";

const pair = Type.Object({
  from: text("serial number of the token to copy from", { maxLength: 40, empty: "refuse" }),
  to: text("serial number of the token to copy to", { maxLength: 40, empty: "refuse" }),
});
const groupname = text("name of a token group", { maxLength: 255, empty: "refuse" });
const key = text("name of the information", { maxLength: 255, empty: "refuse" });
const done = Type.Literal(1);
const existed = Type.Boolean({ description: "there is such a token" });

export const tokenAdmin = {
  tokenSet: endpoint({
    methods: ["POST"],
    paths: ["/token/set", "/token/set/:serial"],
    access: "admin",
    right: "set",
    tag: "token",
    summary: "Set attributes of a token, or of all tokens of a user",
    description: "An attribute that a token does not have (the hash function of a password) is passed over and not counted.",
    params: Type.Partial(Type.Object({ ...which, ...settableAttributes })),
    value: Type.Integer({ description: "number of attributes set, over all tokens" }),
    errors: ["token_not_found", "user_not_found", "serial_or_user_missing", "invalid_serial", "token_locked"],
  }),
  tokenRealms: endpoint({
    methods: ["POST"],
    paths: ["/token/realm", "/token/realm/:serial"],
    access: "admin",
    right: "tokenrealms",
    tag: "token",
    summary: "Set the realms of a token",
    description:
      "Replaces the realms it was in; an empty list clears them. Unknown names are passed over. A token that has an owner stays in the owner's realm.",
    params: Type.Object({ serial, realms: list("names of realms") }),
    value: Type.Literal(true),
    errors: ["token_not_found", "invalid_serial", "token_locked"],
  }),
  tokenGroups: endpoint({
    methods: ["POST"],
    paths: ["/token/group", "/token/group/:serial"],
    access: "admin",
    right: "tokengroups",
    tag: "token",
    summary: "Set the groups of a token",
    description: "Replaces the groups it was in; an empty list clears them.",
    params: Type.Object({ serial, groups: list("names of token groups") }),
    value: done,
    errors: ["token_not_found", "invalid_serial", "token_locked", "not_found"],
  }),
  tokenGroupAdd: endpoint({
    methods: ["POST"],
    paths: ["/token/group/:serial/:groupname"],
    access: "admin",
    right: "tokengroups",
    tag: "token",
    summary: "Put a token into a group",
    params: Type.Object({ serial, groupname }),
    value: done,
    errors: ["token_not_found", "invalid_serial", "token_locked", "not_found"],
  }),
  tokenGroupRemove: endpoint({
    methods: ["DELETE"],
    paths: ["/token/group/:serial/:groupname"],
    access: "admin",
    right: "tokengroups",
    tag: "token",
    summary: "Take a token out of a group",
    params: Type.Object({ serial, groupname }),
    value: done,
    errors: ["token_not_found", "invalid_serial", "token_locked", "not_found"],
  }),
  tokenInfoSet: endpoint({
    methods: ["POST"],
    paths: ["/token/info/:serial/:key"],
    access: "admin",
    right: "settokeninfo",
    tag: "token",
    summary: "Set a piece of information of a token",
    description:
      "`type=password`, or the parameter `<key>.type=password`, seals the value: nobody sees it again. A sealed value is replaced only if the call says so again. " +
      "Keys with a meaning (count_auth_max, validity_period_end, hashlib, timeWindow …) act on the token itself.",
    open: true,
    params: Type.Object({
      serial,
      key,
      value: secret("value of the information", { maxLength: 10_000 }),
      type: optional(text("`password`: the value is sealed", { maxLength: 100, empty: "absent" })),
    }),
    value: existed,
    errors: ["invalid_serial", "token_locked", "secret_stays_secret", "info_type_unknown", "info_too_many", "info_too_long"],
  }),
  tokenInfoDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/token/info/:serial/:key"],
    access: "admin",
    right: "settokeninfo",
    tag: "token",
    summary: "Delete a piece of information of a token",
    description: "Keys with a meaning go back to what a new token has.",
    params: Type.Object({ serial, key }),
    value: existed,
    errors: ["invalid_serial", "token_locked"],
  }),
  tokenCopyPin: endpoint({
    methods: ["POST"],
    paths: ["/token/copypin"],
    access: "admin",
    right: "copytokenpin",
    tag: "token",
    summary: "Copy the PIN of a token to another",
    params: pair,
    value: Type.Literal(true),
    errors: ["copy_source", "copy_target", "invalid_serial", "token_locked"],
  }),
  tokenCopyUser: endpoint({
    methods: ["POST"],
    paths: ["/token/copyuser"],
    access: "admin",
    right: "copytokenuser",
    tag: "token",
    summary: "Give a token to the owner of another",
    params: pair,
    value: Type.Literal(true),
    errors: ["copy_source", "copy_target", "copy_without_owner", "invalid_serial", "token_locked"],
  }),
  tokenGetSerial: endpoint({
    load: "dear",
    methods: ["GET"],
    paths: ["/token/getserial/:otp"],
    access: "admin",
    right: "getserial",
    tag: "token",
    summary: "Find the token that shows a one-time password",
    description:
      "The value is used up: it is not good for a log-in afterwards. Among more tokens than can be searched while the caller waits, the filters " +
      "have to be narrower, or the search is started with `background=1`; `detail.job` is then the number for GET /job/.",
    params: Type.Object({
      otp: secret("the one-time password", { maxLength: 40, empty: "refuse" }),
      type: optional(text("only tokens of this type", { maxLength: 30, empty: "absent" })),
      assigned: optional(flag("only tokens with an owner")),
      unassigned: optional(flag("only tokens without")),
      serial: optional(text("only serial numbers that hold this text", { maxLength: 40, empty: "absent" })),
      count: optional(flag("only count the tokens that would be searched")),
      window: optional(integer("values to look ahead", { minimum: 1, maximum: 1000 })),
      background: optional(flag("go on after the answer, as a job")),
    }),
    value: Type.Object({ serial: Type.Union([Type.String(), Type.Null()]), count: Type.Integer() }),
    detail: Type.Object({ job: Type.Optional(Type.String()) }),
    errors: ["several_tokens_match", "search_too_long", "token_type_unknown", "changed_meanwhile"],
  }),
};
