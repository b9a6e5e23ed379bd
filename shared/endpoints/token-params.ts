// Parameters that the calls on tokens share (rest-api.md 2.3).
import { Type } from "@sinclair/typebox";
import { optional, text } from "../params.ts";

export const serial = text("serial number", { maxLength: 40, empty: "absent" });

export const owner = {
  user: optional(text("login name of the owner", { maxLength: 320, empty: "absent" })),
  realm: optional(text("realm of the owner", { empty: "absent", maxLength: 255 })),
  resolver: optional(text("resolver of the owner", { empty: "absent", maxLength: 255 })),
};

/** A token by its serial, or all tokens of a user. */
export const which = { serial: optional(serial), ...owner };

export const tokenCount = Type.Integer({ description: "number of tokens changed" });
