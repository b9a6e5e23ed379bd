import { expect, test } from "bun:test";
import { createClientAddress } from "./client-address.ts";

const address = createClientAddress(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]);

test.each([
  ["192.0.2.1", null, "192.0.2.1"],
  ["192.0.2.1", "6.6.6.6", "192.0.2.1"],
  ["127.0.0.1", null, "127.0.0.1"],
  ["127.0.0.1", "203.0.113.9", "203.0.113.9"],
  ["::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
  ["127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"],
  ["127.0.0.1", "203.0.113.9, 10.1.1.1", "203.0.113.9"],
  ["127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"],
  ["127.0.0.1", "203.0.113.9, , 10.1.1.1", "10.1.1.1"],
  ["127.0.0.1", "", "127.0.0.1"],
  ["fd00::1", "2001:db8::7", "2001:db8::7"],
  ["127.0.0.1", "10.2.2.2", "10.2.2.2"],
])("from %p with X-Forwarded-For %p it is %p", (peer, header, wanted) => {
  expect(address(peer, header)).toBe(wanted);
});

test("without proxies nobody's word counts", () => {
  expect(createClientAddress([])("127.0.0.1", "203.0.113.9")).toBe("127.0.0.1");
});
