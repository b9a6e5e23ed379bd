// Which address is the client's when proxies stand between (system setting OverrideAuthorizationClient; config-and-tokens.md G20,
// Z48; manual L2163-2196)? Grammar: chains separated by commas, each of them networks separated by ">":
//
//   10.1.2.0/24 > 192.168.0.0/16               who connects from 10.1.2.x may name a client in 192.168.x.x
//   172.16.0.1                                 it may name any client (one, not a chain of further proxies)
//   10.0.0.18 > 10.1.2.0/24 > 192.168.0.0/16   two proxies, each adds the address it saw
//
//   hops      peer  ->  X-Forwarded-For, from its end  ->  parameter `client`
//   chain      A     >              B                   >        C
//
// Hop after hop must lie in its network of one chain; the last hop that does is the client. What a hop claims counts only if the
// hop itself was allowed to claim it: everything to the left in the header may be invented by the client.
import { type Address, CidrError, formatAddress, isInNetwork, type Network, parseAddress, parseNetwork } from "./cidr.ts";

/** The networks of the hops, the peer's first. A chain of one network is followed by "any". */
export type ClientChain = readonly (Network | "any")[];

/** Text that is no setting of this kind; `item` counts its chains from 1. */
export class ClientChainError extends SyntaxError {
  override readonly name = "ClientChainError";
  readonly item: number;
  constructor(item: number, options?: ErrorOptions) {
    super(`chain ${item} is not made of networks separated by ">"`, options);
    this.item = item;
  }
}

const MAX_CHAINS = 500;
const MAX_HOPS = 16;

/** Reads the setting; empty items are passed over. Error: ClientChainError. */
export function parseClientChains(text: string): ClientChain[] {
  const items = text.split(",", MAX_CHAINS + 1);
  if (items.length > MAX_CHAINS) throw new ClientChainError(MAX_CHAINS + 1);
  return items.flatMap((item, index) => (item.trim() === "" ? [] : [parseChain(item, index + 1)]));
}

/** The number of the first chain that is none, counted from 1; null: the text is a setting. */
export function findClientChainFault(text: string): number | null {
  try {
    parseClientChains(text);
    return null;
  } catch (error) {
    if (error instanceof ClientChainError) return error.item;
    throw error;
  }
}

function parseChain(text: string, item: number): ClientChain {
  const parts = text.split(">", MAX_HOPS + 1);
  if (parts.length > MAX_HOPS) throw new ClientChainError(item);
  try {
    const networks = parts.map(parseNetwork);
    return networks.length === 1 ? [...networks, "any"] : networks;
  } catch (cause) {
    if (cause instanceof CidrError) throw new ClientChainError(item, { cause });
    throw cause;
  }
}

export interface ClientClaims {
  /** The header X-Forwarded-For; several of them joined by commas in the order they came. */
  forwarded: string | null;
  /** The parameter `client`, where the endpoint takes it. */
  parameter: string | null;
}

/**
 * The client's address in one spelling (RFC 5952), or `peer` as it is when no claim counts. Claims that are no address end the
 * walk, they are no error (clients-contract.md W3). Looks at no more of the header than the longest chain asks for.
 */
export function resolveClient(peer: string, { forwarded, parameter }: ClientClaims, chains: readonly ClientChain[]): string {
  let hop = parseAddress(peer);
  if (!hop) return peer;
  let open = chains;
  let found: Address | null = null;
  const claims = readClaims(forwarded, parameter);
  for (let depth = 0; ; depth++) {
    const here = hop;
    open = open.filter((chain) => isAt(chain, depth, here));
    if (open.length === 0) break;
    if (depth > 0) found = here;
    if (!open.some((chain) => chain.length > depth + 1)) break;
    const next = claims.next().value;
    const claimed = next === undefined ? null : parseClaim(next);
    if (!claimed) break;
    hop = claimed;
  }
  return found ? formatAddress(found) : peer;
}

/** Whether the chains let this other end of a connection name clients at all. */
export function isProxy(peer: string, chains: readonly ClientChain[]): boolean {
  const hop = parseAddress(peer);
  return hop !== null && chains.some((chain) => isAt(chain, 0, hop));
}

function isAt(chain: ClientChain, depth: number, hop: Address): boolean {
  const network = chain[depth];
  return network !== undefined && (network === "any" || isInNetwork(hop, network));
}

/** The claims, nearest to us first. Empty members of the list are none (RFC 9110 5.6.1). */
function* readClaims(forwarded: string | null, parameter: string | null): Generator<string, undefined> {
  for (let end = forwarded?.length ?? 0; forwarded && end > 0; ) {
    const comma = forwarded.lastIndexOf(",", end - 1);
    const claim = forwarded.slice(comma + 1, end).trim();
    if (claim !== "") yield claim;
    end = comma;
  }
  if (parameter) yield parameter.trim();
}

/** An address; some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function parseClaim(text: string): Address | null {
  if (text.length > 80) return null;
  const [, inBrackets, bare] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(text) ?? [];
  return parseAddress(inBrackets ?? bare ?? text);
}
