// What the program that starts the site tells it (engine/cli/site-process.ts): one JSON text in the environment, without secrets.

export interface SiteConfig {
  host: string;
  /** 0: a free one */
  port: number;
  /** Address of the engine's REST API. */
  engine: string;
  /** The address people type, where a proxy stands before the site: origin, path and whether cookies are Secure follow. "": none does. */
  url: string;
  /** Networks of proxies whose X-Forwarded-For counts. */
  proxies: string[];
  /** File with the key that seals sessions; made if it is missing. */
  keyFile: string;
  /** A session ends after so many minutes without a call. */
  idleMinutes: number;
  /** Realms the log-in page offers; none: no choice is shown. */
  realms: string[];
  /** Seconds for Strict-Transport-Security; 0: none. */
  hstsSeconds: number;
  /** Name of the product; "": the usual one. */
  title: string;
  /** Directory with what makes the site the operator's own (customization.ts); "": none. */
  customization: string;
  /** Directory of the finished site. */
  build: string;
}

export const CONFIG_VARIABLE = "OSTIARY_SITE";

/** Error: SyntaxError or TypeError, when the variable is missing: the site is started by `ostiary`. */
export function readConfig(text: string | undefined): SiteConfig {
  if (!text) throw new TypeError("the site is started by `ostiary web` or `ostiary serve`");
  return JSON.parse(text) as SiteConfig;
}
