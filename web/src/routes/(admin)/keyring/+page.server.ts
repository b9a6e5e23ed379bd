import { ROTATION } from "#lib/features/keyring/rotation.svelte.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals }) => {
  const mayWatch = locals.session?.rights.includes("jobread") ?? false;
  const [ring, jobs] = await Promise.all([locals.call("keyStatus", {}), mayWatch ? locals.call("jobList", {}) : { value: [] }]);
  const running = jobs.value.find(({ kind, state }) => kind === ROTATION && state === "running");
  return { ring: ring.value, running: running?.id ?? null };
};
