// What policies will say once there are any; until then what the contract says without one. The policy engine takes the place of
// these functions, nothing else has to change.
import type { LostTokenShape } from "./token-lost.ts";
import type { PinShape } from "./token-pins.ts";
import type { Work } from "./work.ts";

/** otp_pin_set_random and otp_pin_contents. Null: no policy, so POST /token/setrandompin answers 301 (rest-api.md 2.3). */
export function randomPinShape(_work: Work): PinShape | null {
  return null;
}

/** losttoken_PW_length, losttoken_PW_contents and losttoken_valid (K1-29). */
export function lostTokenShape(_work: Work): LostTokenShape {
  return { length: 16, contents: "8", days: 10 };
}
