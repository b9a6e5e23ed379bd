// IPv4 and IPv6 addresses and networks for allow-lists (RFC 4632, RFC 4291). An IPv4-mapped IPv6 address (::ffff:a.b.c.d, what a
// dual-stack socket reports) is the IPv4 address, and a network below ::ffff:0:0/96 the IPv4 network.

/** 4 bytes for IPv4, 16 for IPv6. */
export type Address = Uint8Array;

export interface Network {
  /** Host bits are zero. */
  address: Address;
  bits: number;
}

/** Text that is no network. */
export class CidrError extends SyntaxError {
  override readonly name = "CidrError";
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const MAX_TEXT = 64;

/**
 * Reads an address.
 * @param text dotted quad without leading zeros (some systems read those as octal), or IPv6 in any form of RFC 4291 2.2; a zone (`%eth0`)
 *   is ignored
 * @returns null when it is none
 */
export function parseAddress(text: string): Address | null {
  if (text.length > MAX_TEXT) return null;
  const zone = text.indexOf("%");
  const raw = text.includes(":") ? parseIpv6(zone < 0 ? text : text.slice(0, zone)) : parseIpv4(text);
  return raw && isMapped(raw) ? raw.slice(12) : raw;
}

/**
 * Reads `address` or `address/bits`. Host bits may be set and are cleared.
 * @throws CidrError
 */
export function parseNetwork(text: string): Network {
  const [addressText = "", bitsText, ...rest] = text.trim().split("/");
  const raw = addressText.includes(":") ? parseIpv6(addressText) : parseIpv4(addressText);
  if (!raw || rest.length > 0 || text.length > MAX_TEXT) throw new CidrError("the text is no network");
  const bits = bitsText === undefined ? raw.length * 8 : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (!(bits <= raw.length * 8)) throw new CidrError("the network has an impossible prefix length");
  if (isMapped(raw) && bits >= 96) return { address: clearHostBits(raw.slice(12), bits - 96), bits: bits - 96 };
  return { address: clearHostBits(raw, bits), bits };
}

/** Whether the address lies in the network; an IPv4 address lies in no IPv6 network and the other way round. */
export function isInNetwork(address: Address, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  const whole = network.bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== network.address[i]) return false;
  const rest = network.bits & 7;
  return rest === 0 || ((address[whole] ?? 0) ^ (network.address[whole] ?? 0)) >> (8 - rest) === 0;
}

/** Whether the text is an address in one of the networks. Text that is no address lies in none. */
export function isInAnyNetwork(text: string, networks: readonly Network[]): boolean {
  const address = parseAddress(text);
  return address !== null && networks.some((network) => isInNetwork(address, network));
}

/** The one spelling of an address: dotted quad, or the shortest IPv6 form in lower case (RFC 5952). */
export function formatAddress(address: Address): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0));
  const { start, length } = longestZeros(groups);
  const join = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? join(groups) : `${join(groups.slice(0, start))}::${join(groups.slice(start + length))}`;
}

/** RFC 5952 4.2.3: the longest run, of equal ones the first. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = { start: 0, length: 0 };
  for (const [index, group] of groups.entries()) {
    run = group !== 0 ? { start: index + 1, length: 0 } : { start: run.start, length: run.length + 1 };
    if (run.length > best.length) best = run;
  }
  return best;
}

/**
 * What budgets count an address as: IPv4 by itself, IPv6 by its /64, which is the least that one subscriber has. Other text is
 * returned as it is.
 */
export function subscriberOf(text: string): string {
  if (!text.includes(":")) return text;
  const address = parseAddress(text);
  return !address || address.length === 4 ? (address?.join(".") ?? text) : `${formatAddress(clearHostBits(address, 64))}/64`;
}

function parseIpv4(text: string): Address | null {
  const parts = text.split(".");
  const bytes = parts.map((part) => (/^(?:0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return parts.length === 4 && bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : null;
}

function parseIpv6(text: string): Address | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = [readGroups(halves[0] ?? "", halves.length === 1), readGroups(halves[1] ?? "", true)];
  if (!head || !tail) return null;
  const given = head.length + tail.length;
  // "::" stands for one group of zeros or more.
  if (halves.length === 2 ? given > 14 : given !== 16) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Groups of up to four hex digits; the last may be a dotted quad if `quad` says so. */
function readGroups(text: string, quad: boolean): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.includes(".")) {
      const last = quad && index === groups.length - 1 ? parseIpv4(group) : null;
      if (!last) return null;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && MAPPED_PREFIX.every((byte, index) => bytes[index] === byte);
}

function clearHostBits(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff00 >> kept) & 0xff;
  });
}
