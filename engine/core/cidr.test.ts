import { describe, expect, test } from "bun:test";
import { CidrError, formatAddress, isInAnyNetwork, parseAddress, parseNetwork, parseNetworks, subscriberOf } from "./cidr.ts";

describe("addresses, RFC 4291 section 2.2", () => {
  test.each([
    ["127.0.0.1", "7f000001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "0".repeat(32)],
    ["::1", `${"0".repeat(31)}1`],
    ["1::", `0001${"0".repeat(28)}`],
    ["2001:DB8:0:0:8:800:200C:417A", "20010db80000000000080800200c417a"],
    ["2001:db8::8:800:200c:417a", "20010db80000000000080800200c417a"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["1:2:3:4:5:6:77.77.88.99", "0001000200030004000500064d4d5863"],
    ["::13.1.68.3", `${"0".repeat(24)}0d014403`],
    ["fe80::1%eth0", "fe800000000000000000000000000001"],
    ["::ffff:192.0.2.1", "c0000201"],
    ["::FFFF:c000:0201", "c0000201"],
  ])("%s", (text, hex) => expect(parseAddress(text)?.toHex()).toBe(hex));

  test.each([
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.0x4",
    "+1.2.3.4",
    ":",
    ":::",
    "1:2",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4:5",
    ":1:2:3:4:5:6:7",
    "1.2.3.4%eth0",
    `::${"0".repeat(100)}`,
  ])("refuses %p", (text) => expect(parseAddress(text)).toBeNull());
});

describe("networks, RFC 4632 section 3.1", () => {
  test.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["192.168.1.128/25", "192.168.1.128", true],
    ["192.168.1.128/25", "192.168.1.127", false],
    ["192.168.1.1", "192.168.1.1", true],
    ["192.168.1.1", "192.168.1.2", false],
    ["0.0.0.0/0", "1.2.3.4", true],
    ["0.0.0.0/0", "::1", false],
    ["::/0", "1.2.3.4", false],
    ["::/0", "fe80::1", true],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["10.0.0.0/8", "::ffff:10.0.0.1", true],
    ["::ffff:10.0.0.0/104", "10.0.0.1", true],
    ["::ffff:0:0/96", "1.2.3.4", true],
    ["10.0.0.0/8", "alice", false],
  ])("%s, %s: %p", (network, address, inside) => {
    expect(isInAnyNetwork(address, [parseNetwork(network)])).toBe(inside);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "::/129",
    "10.0.0.0/8x",
    "fe80::1%eth0",
    "host",
  ])("refuses %p", (text) => {
    expect(() => parseNetwork(text)).toThrow(CidrError);
  });

  test("lists by comma, semicolon, blank", () => {
    expect(parseNetworks(" 10.0.0.0/8, ::1;127.0.0.1\n").map(({ bits }) => bits)).toEqual([8, 128, 32]);
    expect(parseNetworks("")).toEqual([]);
  });
});

describe("one spelling, RFC 5952 section 4", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["fe80::1%eth0", "fe80::1"],
  ])("%s is %s", (text, plain) => expect(formatAddress(parseAddress(text) ?? new Uint8Array())).toBe(plain));
});

describe("whom a budget counts", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["", ""],
    ["a:b", "a:b"],
  ])("%s as %s", (text, counted) => expect(subscriberOf(text)).toBe(counted));
});
