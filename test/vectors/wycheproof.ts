// Reads the Wycheproof vectors (Apache-2.0) that lie beside the project, at ../shared/vectors/wycheproof. They are data of others and not
// copied in here; where they are absent the tests that need them are skipped and say so in their names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../../shared/vectors/wycheproof");

export const hasWycheproof = existsSync(folder);

/** For test titles: empty, or the reason the test is skipped. */
export const wycheproofNote = hasWycheproof ? "" : " (SKIPPED: ../shared/vectors is absent)";

export interface WycheproofCase {
  tcId: number;
  comment: string;
  result: "valid" | "invalid" | "acceptable";
}

export interface WycheproofGroup<Case> {
  tests: (WycheproofCase & Case)[];
}

/** The groups of one file, e.g. `hmac_sha1`; none when the folder is absent. The shapes are the caller's word. */
export function readWycheproof<Group, Case>(name: string): (WycheproofGroup<Case> & Group)[] {
  if (!hasWycheproof) return [];
  const file: { testGroups: (WycheproofGroup<Case> & Group)[] } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  return file.testGroups;
}
