// JSON for JWT payloads (clients-contract W7): some clients decode the payload with the standard base64 alphabet, so its base64url text
// must hold no '-' and no '_'.
//
// Those two stand for the six-bit groups 62 and 63. In ASCII every byte is below 0x80, so the first three groups of a triple cannot
// reach them; the fourth is the low six bits of the third byte, and 62 and 63 there are '>', '~', '?' and DEL. Escaping these four and
// everything beyond ASCII is thus enough, wherever they fall.

import { JsonValueError } from "./python-json.ts";

/**
 * Writes a value as JSON in printable ASCII without '>', '~' and '?'.
 * @throws JsonValueError when JSON has no form for the value
 */
export function toAsciiJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new JsonValueError("the value has no JSON form");
  return text.replace(/[^ -=@-}]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
