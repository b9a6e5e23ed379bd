// /resolver/* (rest-api.md 2.6).
import { CENSORED, deleteResolver, readResolvers, testResolver, writeResolver } from "../../services/resolvers.ts";
import { findResolverType } from "../../users/registry.ts";
import type { Handlers } from "../call.ts";

export const resolverRoutes: Handlers<"resolverList" | "resolverSet" | "resolverTest" | "resolverDelete"> = {
  async resolverList({ engine, params }) {
    const found = await readResolvers(engine, params.resolver);
    // No source can be written to yet, so `editable=1` finds none.
    const shown = found.filter(({ type }) => (params.type === undefined || type === params.type) && params.editable !== "1");
    const value = shown.map(({ name, type, values }) => {
      const secrets = (findResolverType(type)?.fields ?? []).filter(({ kind }) => kind === "secret").map((field) => field.name);
      const data = Object.fromEntries(
        [...values].map(([key, stored]) => [key, stored.type === "password" ? CENSORED : stored.value]),
      );
      return [name, { type, resolvername: name, censor_keys: secrets, data }] as const;
    });
    return { value: Object.fromEntries(value) };
  },

  resolverSet: async (call) => ({ value: await writeResolver(call, call.params.resolver, call.params.type, call.bag) }),

  async resolverTest(call) {
    const { ok, text } = await testResolver(call.engine, call.params.type, call.params.resolver ?? "", call.bag);
    return { value: ok, detail: { description: text } };
  },

  resolverDelete: async (call) => ({ value: await deleteResolver(call, call.params.resolver) }),
};
