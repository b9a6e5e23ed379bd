// Which clients send their parameters encoded once. Everybody else's form, query and path values are percent-decoded a second
// time (rest-api.md 1.7, clients-contract W4).

const ENCODE_ONCE = new Set(["privacyidea-ldap-proxy", "simplesamlphp", "privacyidea-cp"]);

// RFC 9110 section 10.1.5: product = token ["/" product-version], both tokens of section 5.6.2.
const PRODUCT = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/;

/**
 * Whether the second percent-decoding is skipped for this client.
 * @param userAgent the User-Agent header, or null/undefined when the client sent none
 * @returns true for the three products named in W4 (any case), for an absent header and for one whose first word is not
 *   `name[/version]` (3.8.1)
 */
export function skipsSecondDecoding(userAgent: string | null | undefined): boolean {
  const header = userAgent?.trim() ?? "";
  const space = header.search(/[ \t]/);
  const product = PRODUCT.exec(space < 0 ? header : header.slice(0, space));
  return product?.[1] === undefined || ENCODE_ONCE.has(product[1].toLowerCase());
}
