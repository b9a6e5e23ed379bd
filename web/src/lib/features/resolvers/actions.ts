// What can be done to a user source.
import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { Text } from "../../text/text.ts";
import type { Resolver } from "./resolver.ts";
import { toVerdict } from "./verdict.ts";

/** @param openRealm shows the page of a realm */
export function resolverActions(text: Text, openRealm: (realm: string) => void): readonly ItemAction<Resolver>[] {
  return [
    {
      id: "test",
      label: "resolvers.do.test",
      icon: "test",
      right: "resolverwrite",
      bulk: true,
      async perform({ name, type }) {
        const { value, detail } = await call("resolverTest", { type, resolver: name });
        const { good, text: said } = toVerdict(value, String(detail?.description ?? ""), text);
        return { good, text: { key: good ? "resolvers.do.test.good" : "resolvers.do.test.bad", words: { name, said } } };
      },
      done: "resolvers.do.test",
    },
    {
      id: "delete",
      label: "resolvers.do.delete",
      icon: "trash",
      right: "resolverdelete",
      danger: true,
      fits: ({ realms }) => realms.length === 0,
      question: "resolvers.do.delete.question",
      async perform({ name }) {
        await call("resolverDelete", { resolver: name });
        return undefined;
      },
      done: "resolvers.do.delete.done",
    },
    {
      // A source that realms use stays: they are named, and the way to the first of them is the button.
      id: "deleteUsed",
      label: "resolvers.do.delete",
      icon: "trash",
      right: "resolverdelete",
      fits: ({ realms }) => realms.length > 0,
      question: ({ name, realms }) => ({
        key: "resolvers.do.deleteUsed.question.other",
        words: { name, count: realms.length, realms: realms.join(", ") },
      }),
      submit: "resolvers.do.deleteUsed.open",
      async perform({ name, realms: [first = ""] }) {
        openRealm(first);
        return { text: { key: "resolvers.do.deleteUsed.next", words: { name } } };
      },
      done: "resolvers.do.test",
    },
  ];
}
