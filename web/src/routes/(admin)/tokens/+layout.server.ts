// What every page about tokens offers to choose from.
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async ({ locals }) => {
  const has = (right: string) => locals.session?.rights.includes(right) ?? false;
  const [realms, groups] = await Promise.all([
    locals.call("realmList", {}),
    has("tokengroup_list") ? locals.call("groupList", {}) : { value: {} },
  ]);
  // The default realm first: it is the one meant most often.
  const names = Object.entries(realms.value).sort(([, a], [, b]) => Number(b.default) - Number(a.default));
  return { realms: names.map(([name]) => name), groups: Object.keys(groups.value).sort() };
};
