import { expect, test } from "bun:test";
import { clientTypeOf } from "./client-type.ts";

test.each<[userAgent: string | null, type: string]>([
  ["FreeRADIUS", "FreeRADIUS"],
  ["privacyIDEA-LDAP-Proxy", "privacyIDEA-LDAP-Proxy"],
  ["PAM/2.15.0", "PAM"],
  ["pam-passkey/0.9 ComputerName/abc", "pam-passkey"],
  ["privacyIDEA-Keycloak/1.8.0 Keycloak/26.0", "privacyIDEA-Keycloak"],
  ["privacyidea-cp/3.8.0 Windows/10", "privacyidea-cp"],
  ["simpleSAMLphp", "simpleSAMLphp"],
  ["ownCloud Plugin", "ownCloud"],
  ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"],
  ["  curl/8.5.0", "curl"],
  [null, "unknown"],
  ["", "unknown"],
  ["<script>alert(1)</script>", "unknown"],
  ["a\u0000b", "unknown"],
  ["Grüße/1", "unknown"],
  ["x".repeat(40), "x".repeat(40)],
  ["x".repeat(41), "unknown"],
  ["x".repeat(100_000), "unknown"],
])("%p is %s", (userAgent, type) => expect(clientTypeOf(userAgent)).toBe(type));
