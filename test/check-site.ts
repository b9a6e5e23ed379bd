// Types of the components of the site, which tsc does not read: svelte-check, after SvelteKit wrote the types of its routes.
import { join } from "node:path";

const web = join(import.meta.dir, "..", "web");
const run = (command: string, ...args: string[]): number =>
  Bun.spawnSync([process.execPath, "--bun", join(web, "node_modules", ".bin", command), ...args], {
    cwd: web,
    stdio: ["ignore", "inherit", "inherit"],
  }).exitCode;

process.exit(run("svelte-kit", "sync") || run("svelte-check", "--fail-on-warnings", "--output", "machine"));
