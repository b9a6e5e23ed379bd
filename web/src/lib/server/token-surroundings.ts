// What everything about tokens offers to choose from.
export async function tokenSurroundings({ call, session }: Pick<App.Locals, "call" | "session">) {
  const [realms, groups] = await Promise.all([
    call("realmList", {}),
    session?.rights.includes("tokengroup_list") ? call("groupList", {}) : { value: {} },
  ]);
  // The default realm first: it is the one meant most often.
  const names = Object.entries(realms.value).sort(([, a], [, b]) => Number(b.default) - Number(a.default));
  return { realms: names.map(([name]) => name), groups: Object.keys(groups.value).sort() };
}
