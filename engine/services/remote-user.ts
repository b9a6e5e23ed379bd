// Somebody the web server before us has logged in already (REMOTE_USER; rest-api.md 1.5). It says so in a header, and the header
// counts only on connections from the addresses of auth.remote_user_from: everybody else may write what he likes into it.
// The proxy has to drop the header when a client sends it.
import type { Settings } from "../config.ts";
import { isInAnyNetwork, parseNetwork } from "../core/cidr.ts";

/** The name the proxy at `peer` (the other end of the connection) vouches for; null: none. */
export type RemoteUser = (peer: string, headers: Pick<Headers, "get">) => string | null;

const MAX_NAME = 320;

export function createRemoteUser(settings: Pick<Settings, "auth.remote_user" | "auth.remote_user_from">): RemoteUser {
  const header = settings["auth.remote_user"];
  if (header === null) return () => null;
  const proxies = settings["auth.remote_user_from"].map(parseNetwork);
  return (peer, headers) => {
    const value = headers.get(header);
    return value !== null && isInAnyNetwork(peer, proxies) ? readName(value) : null;
  };
}

/** A comma tells of two headers joined to one: which of them is the proxy's nobody knows, so neither counts. */
function readName(value: string): string | null {
  const name = decodeUtf8(value).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  return name === "" || name.length > MAX_NAME || /[,\u0000-\u001f\u007f]/.test(name) ? null : name;
}

/** Header bytes come as Latin-1; web servers send names in UTF-8. */
function decodeUtf8(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\u0000-\u007f]*$/.test(value)) return value;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}
