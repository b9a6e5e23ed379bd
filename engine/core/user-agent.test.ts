import { expect, test } from "bun:test";
import { skipsSecondDecoding } from "./user-agent.ts";

test.each([
  // named products
  ["privacyIDEA-LDAP-Proxy", true],
  ["privacyidea-ldap-proxy/0.7", true],
  ["simpleSAMLphp", true],
  ["simpleSAMLphp/4.0.1", true],
  ["privacyidea-cp/3.8.0", true],
  ["privacyIDEA-CP/3.8.0 Windows/10", true],
  // names that only begin alike
  ["simpleSAMLphp2", false],
  ["privacyidea-cpx/1", false],
  // clients that encode twice
  ["FreeRADIUS", false],
  ["PAM/1.1.0", false],
  ["privacyIDEA-Keycloak/1.8.0 Keycloak/26.0", false],
  ["ownCloud Plugin", false],
  ["Mozilla/5.0 (X11; Linux x86_64)", false],
  ["privacyidea-nextcloud/1.1.0", false],
  // 3.8.1: first word is not name[/version], or nothing is there (W20)
  ["", true],
  ["   ", true],
  [null, true],
  [undefined, true],
  ["(compatible)", true],
  ["a/b/c", true],
  ["/1.0", true],
  ["name/", true],
  ['"quoted"', true],
] as const)("W4 %p -> %p", (header, skips) => {
  expect(skipsSecondDecoding(header)).toBe(skips);
});
