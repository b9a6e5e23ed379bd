import type { Command } from "./command.ts";
export const demo: Command = { name: "demo", summary: "show it working", help: "", run: async () => 0 };
