// Whose call is it when proxies stand between? The system setting OverrideAuthorizationClient, compiled once for each text it had.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import { type ClientChain, ClientChainError, type ClientClaims, parseClientChains, resolveClient } from "../core/client-chain.ts";
import type { Log } from "../log.ts";

/** The client's address: what trusted hops say, else `peer`. */
export type ClientAddress = (peer: string, claims: ClientClaims) => string;

/** A stored text that is no setting trusts nobody, and is named in the log once. */
export function createClientAddress(systemConfig: () => SystemConfig, log: Pick<Log, "error">): ClientAddress {
  let compiledFrom = "";
  let chains: readonly ClientChain[] = [];

  return (peer, claims) => {
    const text = systemConfig().OverrideAuthorizationClient;
    if (text !== compiledFrom) {
      compiledFrom = text;
      chains = compile(text, log);
    }
    return chains.length === 0 ? peer : resolveClient(peer, claims, chains);
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
