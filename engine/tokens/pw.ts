// A fixed password in the place of the one-time password (rest-api.md 3.6).
import { randomInt } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import { generatePassword } from "../core/generate-password.ts";
import { type EnrolRequest, keyContext, type TokenType } from "./type.ts";

const DEFAULT_LENGTH = 12;
const MAX_LENGTH = 256;

function choosePassword(request: EnrolRequest): string {
  if (request.otpKey !== undefined && request.generate) throw new ApiError("genkey_and_otpkey");
  if (request.otpKey !== undefined) return request.otpKey;
  if (!request.generate) throw new ApiError("missing_parameter", { name: "otpkey" });
  const length = Number(request.extra.length ?? DEFAULT_LENGTH);
  if (!Number.isInteger(length) || length < 4 || length > MAX_LENGTH) {
    throw new ApiError("bad_parameter", {
      name: "pw.length",
      wanted: phrase("wanted_whole_number", { minimum: 4, maximum: MAX_LENGTH }),
    });
  }
  const password = generatePassword(length, request.extra.contents ?? "cn", randomInt);
  if (password === null)
    throw new ApiError("bad_parameter", { name: "pw.contents", wanted: "made of c (letters), n (digits) and s (specials)" });
  return password;
}

export const pw: TokenType = {
  spec: tokenTypes.pw,

  otpLength: (token) => token.otpLength,

  async check(token, otp, { vault }) {
    if (!token.keySealed || otp.length === 0) return null;
    return (await vault.equals(token.keySealed, keyContext(token.serial), otp)) ? {} : null;
  },

  async enrol(request, { vault }) {
    const password = choosePassword(request);
    const clear = new TextEncoder().encode(password);
    if (clear.length > MAX_LENGTH * 4)
      throw new ApiError("bad_parameter", { name: "otpkey", wanted: phrase("wanted_length", { maximum: MAX_LENGTH }) });
    return {
      columns: {
        key_sealed: await vault.seal(clear, keyContext(request.serial)),
        // Code points, as the split of PIN and password counts them.
        otp_length: [...password].length,
        algorithm: "sha1",
      },
      info: {},
      detail: { password },
    };
  },

  info: [],
};
