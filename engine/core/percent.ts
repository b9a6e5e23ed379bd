// Percent-decoding as the contract's clients expect it (rest-api.md 1.7, clients-contract W4): what Python's urllib does.
// An escape that is none stays as typed; bytes that are no UTF-8 become U+FFFD. It never throws, whatever the text.

// ignoreBOM: a decoder drops a leading U+FEFF otherwise, and a password may begin with one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A form with more pairs than its reader wants. */
export class FormSizeError extends RangeError {
  override readonly name = "FormSizeError";
}

/**
 * Decodes %XX; '+' stays '+'. The second decoding of W4, and path segments.
 * @returns the text itself when it holds no '%'
 */
export function unquote(text: string): string {
  if (!text.includes("%")) return text;
  try {
    // The native decoder agrees with Python wherever it does not throw.
    return decodeURIComponent(text);
  } catch {
    // A run of neighbouring escapes is one byte string; any other character ends an unfinished UTF-8 sequence anyway.
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => decoder.decode(Uint8Array.fromHex(run.replaceAll("%", ""))));
  }
}

/** As `unquote`, but '+' is a space first: names and values of a query or an urlencoded body. */
export function unquotePlus(text: string): string {
  return unquote(text.includes("+") ? text.replaceAll("+", " ") : text);
}

/**
 * Reads `a=1&b=2`: pairs in the order of the text, both halves decoded once. Empty pieces are skipped (W3: a trailing '&'),
 * a piece without '=' has the empty value, further '=' belong to the value.
 * @param text query without '?', or an urlencoded body, already read as UTF-8
 * @param maxPairs more pairs than this are refused
 * @throws FormSizeError
 */
export function parseForm(text: string, maxPairs = 1000): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf("&", at);
    if (end < 0) end = text.length;
    if (end > at) {
      if (pairs.length >= maxPairs) throw new FormSizeError("too many parameters");
      const piece = text.slice(at, end);
      const equals = piece.indexOf("=");
      if (equals < 0) pairs.push([unquotePlus(piece), ""]);
      else pairs.push([unquotePlus(piece.slice(0, equals)), unquotePlus(piece.slice(equals + 1))]);
    }
    at = end + 1;
  }
  return pairs;
}
