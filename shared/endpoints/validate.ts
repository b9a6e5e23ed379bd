// The log-ins of others (rest-api.md 2.2 and 3.1.2).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { flag, optional, secret, text } from "../params.ts";

export const validate = {
  validateCheck: endpoint({
    load: "login",
    methods: ["POST", "GET"],
    paths: ["/validate/check"],
    access: "none",
    apiKey: true,
    noted: true,
    id: 2,
    tag: "validate",
    summary: "Check a PIN and one-time password",
    description:
      "Give `user` (and `realm`) or `serial`, and in `pass` the PIN followed by the one-time password. A refused log-in is HTTP 200 " +
      "with `value: false`; `status: false` means that the question itself was wrong.",
    params: Type.Object({
      user: optional(text("login name, also `name@realm` or `realm\\name`", { maxLength: 320, empty: "absent" })),
      realm: optional(text("realm; empty: the default realm", { empty: "absent", maxLength: 255 })),
      resolver: optional(text("look for the user in this resolver only", { empty: "absent", maxLength: 255 })),
      serial: optional(text("check this token", { maxLength: 40, empty: "absent" })),
      pass: secret("PIN and one-time password; may be empty"),
      otponly: optional(flag("with `serial`: `pass` is the one-time password alone, the PIN is not asked for")),
      nonce: optional(text("any text; it comes back in the signed answer")),
      client: optional(text("address of the client as a proxy names it (setting OverrideAuthorizationClient); others may not")),
    }),
    value: Type.Boolean(),
    detail: Type.Object(
      {
        message: Type.String(),
        serial: Type.Optional(Type.String()),
        type: Type.Optional(Type.String()),
        otplen: Type.Optional(Type.Integer()),
        threadid: Type.Integer(),
      },
      { additionalProperties: true },
    ),
    errors: [
      "user_or_serial_missing",
      "invalid_serial",
      "invalid_user",
      "serial_of_other_user",
      "user_not_found",
      "token_not_found",
      "token_locked",
      "busy",
      "locked",
      "module_away",
    ],
  }),
};
