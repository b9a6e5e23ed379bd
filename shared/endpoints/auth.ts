// Log-in to the API (rest-api.md 2.1).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { optional, secret, text } from "../params.ts";

/** What the site needs to know after a log-in; values without a policy (rest-api.md 2.1, "UI settings"). */
export const uiDefaults = {
  logout_time: 120,
  audit_page_size: 10,
  token_page_size: 15,
  user_page_size: 15,
  policy_template_url: "",
  default_tokentype: "hotp",
  user_details: false,
  token_wizard: false,
  token_wizard_2nd: false,
  admin_dashboard: false,
  dialog_no_token: false,
  search_on_enter: false,
  // sic, three e's: part of the contract (rest-api.md 5, item 56)
  timeout_action: "lockscreeen",
  token_rollover: {},
  hide_welcome: false,
  hide_buttons: false,
  show_seed: false,
  show_node: "",
  subscription_status: 0,
  subscription_status_push: 0,
  qr_image_android: null,
  qr_image_ios: null,
  qr_image_custom: null,
  logout_redirect_url: "",
} as const;

export const auth = {
  authLogin: endpoint({
    load: "login",
    methods: ["POST"],
    paths: ["/auth"],
    access: "none",
    noted: true,
    tag: "authentication",
    summary: "Log in and get a token for the other calls",
    description:
      "The answer holds a JWT, good for an hour. Send it bare in the header `Authorization` or `PI-Authorization`. " +
      "Local administrators log in without a realm, users with theirs or in the default realm.",
    params: Type.Object({
      username: optional(text("login name, also `name@realm` where splitAtSign is on", { maxLength: 320 })),
      password: optional(secret("password")),
      realm: optional(
        text("realm of the user; empty: local administrator, else the default realm", { empty: "absent", maxLength: 255 }),
      ),
      client: optional(text("address of the client as a proxy names it (setting OverrideAuthorizationClient); others may not")),
    }),
    value: Type.Object(
      {
        token: Type.String({ description: "JWT" }),
        role: Type.Union([Type.Literal("admin"), Type.Literal("user")]),
        username: Type.String(),
        realm: Type.String(),
        log_level: Type.Integer(),
        rights: Type.Array(Type.String(), { description: "actions the caller may use" }),
        menus: Type.Array(Type.String()),
      },
      { additionalProperties: true },
    ),
    errors: ["wrong_credentials", "missing_username", "unknown_auth_realm", "busy"],
  }),
  authLogout: endpoint({
    methods: ["POST"],
    paths: ["/auth/logout"],
    access: "user",
    tag: "authentication",
    summary: "End all sessions of the caller",
    description:
      "Every token made for him up to now is worth nothing any more, this one too. API keys are no sessions: DELETE /apikey/.",
    params: Type.Object({}),
    value: Type.Literal(true),
    errors: ["log_in_required"],
  }),
  authLogoutOther: endpoint({
    methods: ["POST"],
    paths: ["/auth/logout/other"],
    access: "admin",
    right: "endsessions",
    tag: "authentication",
    summary: "End all sessions of somebody else",
    description: "Give `administrator`, or `user` with `realm` and `resolver` as elsewhere.",
    params: Type.Object({
      administrator: optional(text("name of a local administrator", { maxLength: 120, empty: "absent" })),
      user: optional(text("login name, also `name@realm` or `realm\\name`", { maxLength: 320, empty: "absent" })),
      realm: optional(text("realm; empty: the default realm", { empty: "absent", maxLength: 255 })),
      resolver: optional(text("look for the user in this resolver only", { empty: "absent", maxLength: 255 })),
    }),
    value: Type.Literal(true),
    errors: ["user_or_administrator", "user_not_found", "not_found"],
  }),
  authRights: endpoint({
    methods: ["GET"],
    paths: ["/auth/rights"],
    access: "user",
    tag: "authentication",
    summary: "Token types the caller may enrol",
    params: Type.Object({}),
    value: Type.Record(Type.String(), Type.String(), { description: "token type and its title" }),
  }),
};
