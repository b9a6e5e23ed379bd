// What kind of program calls, as GET /client/ groups it: the product of its User-Agent (RFC 9110 10.1.5; clients-contract.md 2).

const MAX_LENGTH = 40;

/**
 * `PAM/2.15.0` is PAM, `privacyIDEA-Keycloak/1.8.0 Keycloak/26` is privacyIDEA-Keycloak, `ownCloud Plugin` is ownCloud.
 * @param userAgent the header; null when the client sent none
 * @returns at most 40 characters of letters, digits and the signs a product may have; `unknown` for anything else
 */
export function clientTypeOf(userAgent: string | null): string {
  const [product] = /^[A-Za-z0-9][A-Za-z0-9._+-]*(?=[/\s]|$)/.exec(userAgent?.trimStart().slice(0, MAX_LENGTH + 1) ?? "") ?? [];
  return product === undefined || product.length > MAX_LENGTH ? "unknown" : product;
}
