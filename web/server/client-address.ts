// Whose request is it? The other end of the connection, unless that is a proxy of ours that says for whom it asks.
import { BlockList, isIP } from "node:net";

export type ClientAddress = (peer: string, forwardedFor: string | null) => string;

/**
 * @param proxies networks (`10.0.0.0/8`, `::1/128`) or addresses
 * @returns reads X-Forwarded-For from its end, as long as who says so is a proxy of the list; what stands before is the client's
 *          own invention.
 */
export function createClientAddress(proxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    trusted.addSubnet(address, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  }
  const isProxy = (address: string) => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 6 ? "ipv6" : "ipv4");
  };
  return (peer, forwardedFor) => {
    let client = plain(peer);
    for (const hop of (forwardedFor ?? "").split(",").reverse()) {
      const named = plain(hop.trim());
      if (!isProxy(client) || isIP(named) === 0) break;
      client = named;
    }
    return client;
  };
}

/** ::ffff:10.0.0.1 is 10.0.0.1. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
