// How the site is built: `bun --bun vite build`. The result knows no address and no path: both come when it is started.
import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";
import { bunAdapter } from "./server/adapter.ts";

/** Where the finished site goes; `ostiary web` and `ostiary serve` say it (engine/cli/site/build.ts). */
const out = process.env.OSTIARY_SITE_OUT || "build/dev";

export default defineConfig({
  plugins: [
    tailwindcss(),
    sveltekit({
      adapter: bunAdapter(out),
      // Relative: one build serves below every path (docs/site.md), because the browser learns the path from its own address.
      paths: { relative: true },
      csp: {
        mode: "nonce",
        directives: {
          "default-src": ["none"],
          "script-src": ["self"],
          "style-src": ["self"],
          // The one inline style of SvelteKit itself, which never changes: the place where changes of page are read aloud. All other styles
          // are set by script, which no policy forbids.
          "style-src-attr": ["unsafe-hashes", "sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo="],
          "img-src": ["self", "data:"],
          "font-src": ["self"],
          "connect-src": ["self"],
          "form-action": ["self"],
          "base-uri": ["none"],
          "frame-ancestors": ["none"],
          "manifest-src": ["self"],
        },
      },
    }),
  ],
  // The server half stands by itself: a start reads one folder and resolves nothing.
  ssr: { noExternal: true },
  build: { target: "es2023", cssTarget: "chrome123" },
});
