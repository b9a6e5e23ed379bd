// The files of the finished site: known at the start, so a request can ask for nothing else of the disk.
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";

interface Stored {
  path: string;
  type: string;
  /** Its name holds a hash of its contents. */
  immutable: boolean;
  encodings: ReadonlySet<string>;
  etag: string;
}

const SUFFIX = { br: ".br", gzip: ".gz" } as const;

export type StaticFiles = (pathname: string, request: Request) => Response | null;

/** @param directory client/ of the build */
export function openStaticFiles(directory: string): StaticFiles {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => name.split(sep).join("/"));
  const present = new Set(names);
  const files = new Map<string, Stored>();
  for (const name of names) {
    const file = Bun.file(join(directory, name));
    if (!/\.\w+$/.test(name) || /\.(br|gz)$/.test(name) || name.startsWith(".")) continue;
    files.set(`/${name}`, {
      path: join(directory, name),
      type: file.type,
      immutable: name.includes("/immutable/"),
      encodings: new Set(Object.entries(SUFFIX).flatMap(([encoding, suffix]) => (present.has(name + suffix) ? [encoding] : []))),
      etag: `"${Bun.hash(`${name}\0${file.size}\0${file.lastModified}`).toString(36)}"`,
    });
  }

  return (pathname, request) => {
    const stored = files.get(pathname);
    if (!stored || (request.method !== "GET" && request.method !== "HEAD")) return null;
    const headers = new Headers({
      "content-type": stored.type,
      "cache-control": stored.immutable ? "public, max-age=31536000, immutable" : "public, max-age=300",
      etag: stored.etag,
      vary: "accept-encoding",
    });
    if (request.headers.get("if-none-match") === stored.etag) return new Response(null, { status: 304, headers });
    const accepted = request.headers.get("accept-encoding") ?? "";
    const encoding = (["br", "gzip"] as const).find(
      (one) => stored.encodings.has(one) && new RegExp(`\\b${one}\\b`).test(accepted),
    );
    if (encoding) headers.set("content-encoding", encoding);
    return new Response(Bun.file(encoding ? stored.path + SUFFIX[encoding] : stored.path), { headers });
  };
}
