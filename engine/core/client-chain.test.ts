import { describe, expect, test } from "bun:test";
import { ClientChainError, parseClientChains, resolveClient } from "./client-chain.ts";

const resolve = (setting: string, peer: string, forwarded: string | null = null, parameter: string | null = null) =>
  resolveClient(peer, { forwarded, parameter }, parseClientChains(setting));

describe("config-and-tokens.md G20: the examples of the manual (L2163-2196)", () => {
  const NESTED = "10.0.0.18 > 10.1.2.0/24 > 192.168.0.0/16";
  test.each<[setting: string, peer: string, forwarded: string | null, parameter: string | null, client: string]>([
    ["10.1.2.0/24 > 192.168.0.0/16", "10.1.2.7", "192.168.3.4", null, "192.168.3.4"],
    ["10.1.2.0/24 > 192.168.0.0/16", "10.1.2.7", null, "192.168.3.4", "192.168.3.4"],
    ["10.1.2.0/24 > 192.168.0.0/16", "10.1.2.7", "172.16.0.1", null, "10.1.2.7"],
    ["10.1.2.0/24 > 192.168.0.0/16", "10.1.3.7", "192.168.3.4", "192.168.3.4", "10.1.3.7"],
    ["172.16.0.1", "172.16.0.1", "203.0.113.9", null, "203.0.113.9"],
    ["172.16.0.1", "172.16.0.1", null, "2001:DB8:0::1", "2001:db8::1"],
    ["172.16.0.1", "172.16.0.2", "203.0.113.9", null, "172.16.0.2"],
    ["10.0.0.18 > 10.0.0.0/8", "10.0.0.18", "10.99.1.1", null, "10.99.1.1"],
    ["10.0.0.18 > 10.0.0.0/8", "10.0.0.18", "11.0.0.1", null, "10.0.0.18"],
    [NESTED, "10.0.0.18", "192.168.9.9, 10.1.2.3", null, "192.168.9.9"],
    // "may map to an application plugin in the subnet, which may in turn use a client parameter"
    [NESTED, "10.0.0.18", "10.1.2.3", "192.168.9.9", "192.168.9.9"],
    [NESTED, "10.0.0.18", "10.1.2.3", null, "10.1.2.3"],
    [NESTED, "10.0.0.18", "192.168.9.9", null, "10.0.0.18"],
    [NESTED, "10.1.2.3", "192.168.9.9", null, "10.1.2.3"],
  ])("%s: from %s, header %s, parameter %s", (setting, peer, forwarded, parameter, client) => {
    expect(resolve(setting, peer, forwarded, parameter)).toBe(client);
  });
});

describe("Z48: header and parameter combine hop by hop, and only what a trusted hop says counts", () => {
  test.each<[what: string, setting: string, forwarded: string | null, parameter: string | null, client: string]>([
    ["no setting", "", "1.1.1.1", "1.1.1.1", "10.0.0.1"],
    ["entries to the left are the client's own invention", "10.0.0.1", "6.6.6.6, 7.7.7.7, 203.0.113.9", null, "203.0.113.9"],
    ["one hop of trust is one hop: the parameter is not reached", "10.0.0.1", "203.0.113.9", "6.6.6.6", "203.0.113.9"],
    ["text that is no address ends the walk", "10.0.0.1", "1.1.1.1, unknown", "6.6.6.6", "10.0.0.1"],
    ["W3: the parameter is nonsense", "10.0.0.1", null, "1", "10.0.0.1"],
    ["an empty header leaves the parameter", "10.0.0.1", "", "203.0.113.9", "203.0.113.9"],
    ["empty members are none", "10.0.0.1", " , 203.0.113.9 ,, ", null, "203.0.113.9"],
    ["a port", "10.0.0.1", "203.0.113.9:4711", null, "203.0.113.9"],
    ["IPv6 with a port", "10.0.0.1", "[2001:db8::1]:4711", null, "2001:db8::1"],
    ["IPv6 written long is the same address", "10.0.0.1", "2001:0DB8:0000:0::0001", null, "2001:db8::1"],
    ["IPv4 written as IPv6", "10.0.0.1 > 203.0.113.0/24", "::ffff:203.0.113.9", null, "203.0.113.9"],
    ["octal quads are no address", "10.0.0.1", "010.0.0.1", null, "10.0.0.1"],
    ["the deepest of several chains", "10.0.0.1 > 10.0.0.2, 10.0.0.1 > 10.0.0.2 > 9.9.9.9", "9.9.9.9, 10.0.0.2", null, "9.9.9.9"],
    ["chains are not joined: each begins at the peer", "10.0.0.1 > 10.0.0.2, 10.0.0.2", "9.9.9.9, 10.0.0.2", null, "10.0.0.2"],
  ])("%s", (_what, setting, forwarded, parameter, client) => {
    expect(resolve(setting, "10.0.0.1", forwarded, parameter)).toBe(client);
  });

  test("a peer on a dual-stack socket, and one that has no address", () => {
    expect(resolve("10.0.0.1", "::ffff:10.0.0.1", "203.0.113.9")).toBe("203.0.113.9");
    expect(resolve("0.0.0.0/0", "", "203.0.113.9")).toBe("");
  });
});

describe("the setting", () => {
  test("nothing and blanks are no chain; blanks do not matter", () => {
    expect(parseClientChains("")).toEqual([]);
    expect(parseClientChains(" , ")).toEqual([]);
    expect(parseClientChains(" 10.0.0.1>10.0.0.2 ,").map((chain) => chain.length)).toEqual([2]);
  });

  test.each<[text: string, item: number]>([
    ["proxy.example.org", 1],
    ["10.0.0.1, 10.0.0.2 >", 2],
    ["> 10.0.0.1", 1],
    ["10.0.0.1 >> 10.0.0.2", 1],
    ["10.0.0.1 10.0.0.2", 1],
    ["10.0.0.0/33", 1],
    ["10.0.0.1;10.0.0.2", 1],
    [Array(17).fill("10.0.0.1").join(">"), 1],
    ["10.0.0.1,".repeat(501), 501],
  ])("names the chain that is none: %s", (text, item) => {
    let fault: unknown;
    try {
      parseClientChains(text);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(ClientChainError);
    expect((fault as ClientChainError).item).toBe(item);
  });
});
