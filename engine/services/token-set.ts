// POST /token/set and /token/description: attributes of tokens (rest-api.md 2.3).
import { type SettableAttribute, settableAttributes as settable } from "@ostiary/shared/token-attributes.ts";
import { columnsFor, type TokenColumns } from "./token-attributes.ts";
import { selectOpenTokens, touching, updateOpen } from "./token-change.ts";
import type { Which } from "./token-select.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

const names = Object.keys(settable) as SettableAttribute[];

/**
 * Sets the attributes that are given, on each of the tokens; returns how many were set, over all tokens. What a token does not have
 * is passed over. Errors: those of selectOpenTokens, 905 for a value an attribute can not have.
 */
export async function setAttributes(
  work: Work,
  which: Which,
  values: Partial<Record<SettableAttribute, string | number>>,
): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const given = names.filter((name) => values[name] !== undefined);
  const changes = tokens.flatMap((token) => {
    const parts = given.flatMap((name) => columnsFor(token, name, values[name] ?? "") ?? []);
    const columns: TokenColumns = Object.assign({}, ...parts);
    if (parts.length === 0) return [];
    return [
      {
        query: updateOpen(work, [token])
          .set(columns as never)
          .compile(),
        count: parts.length,
      },
    ];
  });
  if (changes.length === 0) return 0;
  work.audit.actionDetail = given.join(", ");
  const won = await writeOrRefuse(
    work,
    changes.map(({ query }) => ({ query })),
    touching(...tokens),
  );
  return changes.reduce((sum, { count }, index) => sum + count * changesOf(won, index), 0);
}

/** Returns the number of tokens. */
export async function setDescription(work: Work, which: Which & { serial: string }, description: string): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const query = updateOpen(work, tokens).set({ description }).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(...tokens)), 0);
}
