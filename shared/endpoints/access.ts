// Who may call: local administrators and API keys. Ours; the contract has them on the command line only (config-and-tokens.md B07, B12).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { choice, flag, integer, optional, secret, text } from "../params.ts";

const username = text("name of the administrator", { maxLength: 120, empty: "refuse" });

const apiKeyMembers = {
  id: Type.String(),
  role: Type.Union([Type.Literal("admin"), Type.Literal("validate")]),
  username: Type.String({ description: "who its calls are of" }),
  description: Type.String(),
  createdAt: Type.Integer({ description: "milliseconds since 1970" }),
  expiresAt: Type.Integer({ description: "milliseconds since 1970" }),
  revokedAt: Type.Union([Type.Integer(), Type.Null()]),
  state: Type.Union([Type.Literal("active"), Type.Literal("expired"), Type.Literal("revoked")]),
};

export const access = {
  adminList: endpoint({
    methods: ["GET"],
    paths: ["/admin/"],
    access: "admin",
    right: "adminread",
    tag: "administrator",
    summary: "List local administrators",
    params: Type.Object({}),
    value: Type.Array(Type.Object({ username: Type.String(), email: Type.String() })),
  }),
  adminSet: endpoint({
    methods: ["POST"],
    paths: ["/admin/:username"],
    access: "admin",
    right: "adminwrite",
    tag: "administrator",
    summary: "Create an administrator, or change his password or e-mail",
    description: "A new one needs a password. A new password ends his sessions.",
    params: Type.Object({
      username,
      password: optional(secret("password, at least 8 characters", { empty: "absent" })),
      email: optional(text("where to reach him", { maxLength: 255 })),
    }),
    value: Type.Union([Type.Literal("insert"), Type.Literal("update")]),
    errors: ["admin_name", "admin_password_short", "admin_password_long", "missing_parameter", "log_in_required", "busy"],
  }),
  adminDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/admin/:username"],
    access: "admin",
    right: "admindelete",
    tag: "administrator",
    summary: "Delete an administrator",
    description: "His sessions end and the API keys in his name are taken back. The last one can not be deleted.",
    params: Type.Object({ username, myself: optional(flag("you know that this is your own account")) }),
    value: Type.Literal(true),
    errors: ["not_found", "admin_is_last", "admin_is_oneself", "log_in_required"],
  }),
  apiKeyList: endpoint({
    methods: ["GET"],
    paths: ["/apikey/"],
    access: "admin",
    right: "apikeyread",
    tag: "apikey",
    summary: "List API keys, newest first",
    description: "Also those that are revoked or over, for 90 days. The keys themselves are stored nowhere.",
    params: Type.Object({}),
    value: Type.Array(Type.Object(apiKeyMembers)),
  }),
  apiKeyCreate: endpoint({
    methods: ["POST"],
    paths: ["/apikey/"],
    access: "admin",
    right: "apikeywrite",
    tag: "apikey",
    summary: "Create an API key",
    description:
      "A key of role `validate` opens /validate/check where it asks for one; a key of role `admin` is an administrator under the name it " +
      "carries, whether or not there is an account of that name. `key` is shown this once.",
    params: Type.Object({
      role: choice("what it is for", ["validate", "admin"]),
      username: optional(text("name its calls go under; absent: a new one", { maxLength: 120, empty: "absent" })),
      description: optional(text("what uses it", { maxLength: 255 })),
      days: optional(integer("days it is good for; 365 if absent", { minimum: 1, maximum: 3650 })),
    }),
    value: Type.Object({ ...apiKeyMembers, key: Type.String({ description: "the key, a JWT" }) }),
    errors: ["missing_parameter", "bad_parameter", "admin_name", "api_keys_full", "log_in_required"],
  }),
  apiKeyRevoke: endpoint({
    methods: ["DELETE"],
    paths: ["/apikey/:id"],
    access: "admin",
    right: "apikeywrite",
    tag: "apikey",
    summary: "Take an API key back",
    params: Type.Object({ id: text("number of the key", { maxLength: 40, empty: "refuse" }) }),
    value: Type.Literal(true),
    errors: ["not_found"],
  }),
};
