// What SvelteKit calls at the end of a build: lays out the site for server/main.ts, which runs it under Bun. Smaller than the
// adapter for Node, and the path the site is below stays open until it starts.
import { rmSync } from "node:fs";
import type { Adapter } from "@sveltejs/kit";

/** @param out directory that is replaced by the finished site: client/ (compressed too) and server/ */
export function bunAdapter(out: string): Adapter {
  return {
    name: "ostiary-bun",
    async adapt(builder) {
      rmSync(out, { recursive: true, force: true });
      builder.writeClient(`${out}/client`);
      await builder.compress(`${out}/client`);
      builder.generateServerInstance(`${builder.getServerDirectory()}/server.js`);
      builder.copy(builder.getServerDirectory(), `${out}/server`);
    },
    supports: { read: () => true },
  };
}
