// What a request asks of the server (Load), told by method and path alone: the gate has to know before anything else is done.
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint, Load } from "@ostiary/shared/endpoint.ts";

const exact = new Map<string, Load>();
/** Of paths with parameters, what stands before the first. A plain call taken for a dear one is only bounded sooner. */
const begins: { start: string; load: Load }[] = [];

for (const { methods, paths, load } of Object.values(catalogue) as Endpoint[]) {
  if (load === undefined) continue;
  for (const method of methods) {
    for (const path of paths) {
      const key = `${method} ${path}`;
      const at = key.indexOf(":");
      if (at < 0) exact.set(key.replace(/\/$/, ""), load);
      else begins.push({ start: key.slice(0, at), load });
    }
  }
}

/** `path` as normalisePath gives it. */
export function loadOf(method: string, path: string): Load {
  const key = `${method} ${path}`;
  return exact.get(key) ?? begins.find(({ start }) => key.startsWith(start))?.load ?? "plain";
}
