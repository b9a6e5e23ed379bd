// Simple pass: the PIN is all there is (rest-api.md 3.7). It never takes part in challenge-response (Z74).
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import type { TokenType } from "./type.ts";

export const spass: TokenType = {
  spec: tokenTypes.spass,
  otpLength: () => 0,
  check: async () => ({}),
  enrol: async () => ({ columns: { key_sealed: null, otp_length: 0, algorithm: "sha1" }, info: {}, detail: {} }),
  info: [],
};
