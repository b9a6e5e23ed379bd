// Splits what a person typed into PIN and OTP: K1-08, G05 (PrependPin), rest-api.md 3.1 ("pass = PIN then OTP by default").

/**
 * Splits by the length of the OTP. A text shorter than an OTP is all OTP and the PIN is empty; with an OTP length of 0 all is PIN.
 *
 * Lengths count code points, as the contract does, not UTF-16 units: an emoji before or after the digits is one character and is never
 * cut in half. Combining marks count each for themselves.
 * @param pass as typed
 * @param otpLength characters of the token's OTP, a whole number
 * @param prependPin true: PIN then OTP; false: OTP then PIN
 */
export function splitPin(pass: string, otpLength: number, prependPin: boolean): { pin: string; otp: string } {
  const cut = prependPin ? cutFromEnd(pass, otpLength) : cutFromStart(pass, otpLength);
  return prependPin ? { pin: pass.slice(0, cut), otp: pass.slice(cut) } : { pin: pass.slice(cut), otp: pass.slice(0, cut) };
}

function cutFromEnd(text: string, points: number): number {
  let at = text.length;
  for (let left = points; left > 0 && at > 0; left--) at -= at > 1 && isPair(text, at - 2) ? 2 : 1;
  return at;
}

function cutFromStart(text: string, points: number): number {
  let at = 0;
  for (let left = points; left > 0 && at < text.length; left--) at += isPair(text, at) ? 2 : 1;
  return at;
}

/** Whether a surrogate pair begins at this unit. */
function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}
