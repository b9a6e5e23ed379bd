import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals }) => {
  const { value } = await locals.call("systemGet", {});
  return { stored: typeof value === "object" && value !== null ? value : {} };
};
