// What stays the same for all requests: where the site is, where the engine is, the key of its sessions.
import { messages } from "../src/lib/text/en/index.ts";
import { languages } from "../src/lib/text/languages.ts";
import type { SiteConfig } from "./config.ts";
import { type Customization, openCustomization } from "./customization.ts";

export interface Site {
  /** Path below which people see the site, without a slash at the end; "": none. */
  base: string;
  /** People reach it by HTTPS: cookies are Secure. */
  secure: boolean;
  engine: string;
  key: Uint8Array;
  idleMs: number;
  realms: readonly string[];
  custom: Customization;
  /** Sessions that ended by a log-out, until they would have ended by themselves. */
  ended: Map<string, number>;
  /** The address of a request as the pages know it: origin of people, path without `base`. null: it is no address at all. */
  locate(request: Request): URL | "slash missing" | null;
}

export function createSite(config: SiteConfig, key: Uint8Array): Site {
  const outside = config.url === "" ? null : new URL(config.url);
  const base = outside === null ? "" : outside.pathname.replace(/\/+$/, "");
  return {
    base,
    secure: outside?.protocol === "https:",
    engine: config.engine.replace(/\/+$/, ""),
    key,
    idleMs: config.idleMinutes * 60_000,
    realms: config.realms,
    custom: openCustomization({
      directory: config.customization,
      title: config.title,
      base,
      languages,
      isText: (key) => Object.hasOwn(messages, key),
      warn: (message) => console.error(JSON.stringify({ level: "warning", part: "site", message })),
    }),
    ended: new Map(),
    locate(request) {
      const url = URL.parse(request.url);
      if (url === null) return null;
      // A proxy may strip the path or not; as the engine does with server.base_path.
      const below = base !== "" && (url.pathname === base || url.pathname.startsWith(`${base}/`));
      const path = below ? url.pathname.slice(base.length) : url.pathname;
      if (path === "") return "slash missing";
      // "//host" would be another server.
      return URL.parse(`${outside?.origin ?? url.origin}${path.replace(/^\/{2,}/, "/")}${url.search}`);
    },
  };
}
