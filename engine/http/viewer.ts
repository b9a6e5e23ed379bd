// The page that shows the API to people, at /docs/: Swagger UI from its package, started by the files in viewer/. A fixed list of
// files, read when they are first asked for; no path of a request ever reaches the file system.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Inbound, Outgoing } from "./exchange.ts";
import { GUARDED } from "./respond.ts";
import type { Route } from "./router.ts";

const compress = promisify(gzip);
const ours = (name: string): string => fileURLToPath(new URL(`viewer/${name}`, import.meta.url));
const theirs = (name: string): string => fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`));

const html = "text/html; charset=utf-8";
const css = "text/css; charset=utf-8";
const js = "text/javascript; charset=utf-8";

const files: Readonly<Record<string, { type: string; locate: () => string }>> = {
  "/docs": { type: html, locate: () => ours("index.html") },
  "/docs/viewer.css": { type: css, locate: () => ours("viewer.css") },
  "/docs/viewer.js": { type: js, locate: () => ours("viewer.js") },
  "/docs/swagger-ui.css": { type: css, locate: () => theirs("swagger-ui.css") },
  "/docs/swagger-ui-bundle.js": { type: js, locate: () => theirs("swagger-ui-bundle.js") },
};

/** Scripts and styles of this server alone, calls to this server alone, in nobody's frame. Images in the style sheet are data URLs. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  // Asked for again each time, and answered 304: a new release must not meet the scripts of the old one.
  "cache-control": "no-cache",
  vary: "accept-encoding",
};

interface Loaded {
  plain: Uint8Array;
  gzipped: Uint8Array;
  etag: string;
}

async function load(path: string): Promise<Loaded> {
  const plain = await readFile(path);
  const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { plain, gzipped: await compress(plain), etag };
}

/** Paths and what they answer to GET. */
export function listViewerRoutes(): [path: string, route: Route][] {
  return Object.entries(files).map(([path, { type, locate }]) => {
    // Cache. Key: the file. Bound: the list above, 2.5 MB. Lifetime: the process; files of a release do not change.
    let loaded: Promise<Loaded> | null = null;
    return [
      path,
      async (inbound) => {
        // Relative links of the page start from /docs/.
        if (path === "/docs" && !inbound.target.endsWith("/")) return redirect("docs/");
        loaded ??= load(locate());
        return answer(inbound, type, await loaded);
      },
    ];
  });
}

function answer({ headers }: Inbound, type: string, { plain, gzipped, etag }: Loaded): Outgoing {
  const sent = { ...HEADERS, "content-type": type, etag };
  if (headers.get("if-none-match")?.includes(etag)) return { status: 304, headers: { ...HEADERS, etag }, body: "" };
  if (!/\bgzip\b/.test(headers.get("accept-encoding") ?? "")) return { status: 200, headers: sent, body: plain };
  return { status: 200, headers: { ...sent, "content-encoding": "gzip" }, body: gzipped };
}

/** Relative, so that it holds below a prefix (Z15). */
function redirect(location: string): Outgoing {
  return { status: 308, headers: { location, ...GUARDED }, body: "" };
}
