// Opens the user sources as the server would, to see which do not open.
import { findResolverType } from "../../users/registry.ts";
import { type ResolverDeps, ResolverError } from "../../users/resolver.ts";
import { type Vault, VaultLockedError } from "../../vault/vault.ts";
import { resolverContext } from "../resolvers.ts";
import { PATIENCE_MS, type Site, type Source } from "./check.ts";

interface Row {
  id: number;
  name: string;
  type: string;
}

interface ConfigRow {
  resolver_id: number;
  key: string;
  value: string;
  type: string;
}

/** Whoever calls closes the resolvers. */
export async function openSources(read: Site["read"], vault: Vault | null, deps: ResolverDeps): Promise<Source[]> {
  const rows = await read<Row>("SELECT id, name, type FROM resolver ORDER BY name");
  const config = await read<ConfigRow>("SELECT resolver_id, key, value, type FROM resolver_config");
  return Promise.all(
    rows.map(async ({ id, name, type }): Promise<Source> => {
      try {
        const values = await readValues(
          name,
          config.filter(({ resolver_id }) => resolver_id === id),
          vault,
        );
        const found = findResolverType(type);
        if (!found) throw new ResolverError("this release does not know its type");
        return { name, type, resolver: await inTime(found.open({ name, values }, deps)), fault: null, locked: false };
      } catch (error) {
        const fault = error instanceof Error ? error.message : String(error);
        return { name, type, resolver: null, fault, locked: error instanceof VaultLockedError };
      }
    }),
  );
}

async function readValues(resolver: string, config: ConfigRow[], vault: Vault | null): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { key, value, type } of config) {
    if (type !== "password") values[key] = value;
    else if (!vault?.ready) throw new VaultLockedError("its secret is sealed, and the key ring is locked");
    else values[key] = new TextDecoder().decode(await vault.unseal(Uint8Array.fromBase64(value), resolverContext(resolver, key)));
  }
  return values;
}

function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new ResolverError("it does not answer")), PATIENCE_MS);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
