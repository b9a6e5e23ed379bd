// Whose call is it when proxies stand between? The system setting OverrideAuthorizationClient, compiled once for each text it had.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import {
  type ClientChain,
  ClientChainError,
  type ClientClaims,
  isProxy,
  parseClientChains,
  resolveClient,
} from "../core/client-chain.ts";
import type { Log } from "../log.ts";

/** The client's address: what trusted hops say, else `peer`. */
export type ClientAddress = (peer: string, claims: ClientClaims) => string;

export interface Proxies {
  clientAddress: ClientAddress;
  /** Connections of this address come for many clients. */
  isProxy(peer: string): boolean;
}

/** A stored text that is no setting trusts nobody, and is named in the log once. */
export function createProxies(systemConfig: () => SystemConfig, log: Pick<Log, "error">): Proxies {
  let compiledFrom = "";
  let chains: readonly ClientChain[] = [];

  const read = (): readonly ClientChain[] => {
    const text = systemConfig().OverrideAuthorizationClient;
    if (text !== compiledFrom) {
      compiledFrom = text;
      chains = compile(text, log);
    }
    return chains;
  };
  return {
    clientAddress: (peer, claims) => (read().length === 0 ? peer : resolveClient(peer, claims, chains)),
    isProxy: (peer) => isProxy(peer, read()),
  };
}

function compile(text: string, log: Pick<Log, "error">): readonly ClientChain[] {
  try {
    return parseClientChains(text);
  } catch (error) {
    if (!(error instanceof ClientChainError)) throw error;
    log.error("the setting OverrideAuthorizationClient is wrong; no proxy is trusted", { error: error.message });
    return [];
  }
}
