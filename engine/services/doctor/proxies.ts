// Who is believed to speak for others: proxies that name clients (G10, G20) and web servers that name users.
import { ClientChainError, parseClientChains } from "../../core/client-chain.ts";
import type { Check, Finding } from "./check.ts";

export const proxies: Check = {
  name: "proxies",
  atStart: true,
  needs: "database",
  async run({ read, settings }) {
    const [row] = await read<{ value: string }>("SELECT value FROM config WHERE key = 'OverrideAuthorizationClient'");
    const findings = row ? lookAtChains(row.value) : [];
    if (settings["auth.remote_user"] !== null && settings["auth.remote_user_from"].some((network) => network.endsWith("/0"))) {
      findings.push({
        severity: "problem",
        what: "auth.remote_user_from lists every address.",
        meaning: "Anybody can log in to the API as any user by writing his name into a header.",
        advice: "List the addresses of the web servers that log users in, and no others.",
      });
    }
    return findings;
  },
};

function lookAtChains(text: string): Finding[] {
  try {
    const open = parseClientChains(text).some(([peer]) => peer !== undefined && peer !== "any" && peer.bits === 0);
    if (!open) return [];
    return [
      {
        severity: "problem",
        what: "OverrideAuthorizationClient believes every address.",
        meaning: "Anybody chooses the address that the audit trail shows and that guards and policies count.",
        advice: "ostiary config set OverrideAuthorizationClient with the addresses of your proxies",
      },
    ];
  } catch (error) {
    if (!(error instanceof ClientChainError)) throw error;
    return [
      {
        severity: "problem",
        what: `Number ${error.item} in OverrideAuthorizationClient is no chain of networks.`,
        meaning: "No proxy is trusted: everybody who comes through one has the proxy's address.",
        advice: "ostiary config set OverrideAuthorizationClient with chains such as 10.1.2.0/24 > 192.168.0.0/16",
      },
    ];
  }
}
