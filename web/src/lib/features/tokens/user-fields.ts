// Who a token belongs to: the fields of forms that ask for a user.
import { call } from "../../api/call.ts";
import type { FormField } from "../../ui/form/fields.ts";

const SHOWN = 12;

async function suggestUsers(text: string) {
  const { value } = await call("userList", { username: `*${text.replaceAll("*", "")}*` });
  return value.slice(0, SHOWN).map(({ username, givenname, surname }) => ({
    value: String(username),
    label: [givenname, surname].filter(Boolean).join(" ") || String(username),
  }));
}

export function userFields(
  realms: readonly string[],
  required: boolean,
  initial: { user?: string; realm?: string } = {},
): readonly FormField[] {
  return [
    {
      name: "user",
      label: "tokens.owner",
      kind: "search",
      required,
      maxLength: 320,
      suggest: suggestUsers,
      initial: initial.user,
    },
    ...(realms.length > 1
      ? [
          {
            name: "realm",
            label: "tokens.ownerRealm" as const,
            kind: "select" as const,
            initial: initial.realm || realms[0],
            options: realms.map((value) => ({ value, label: value })),
          },
        ]
      : []),
  ];
}
