// Users of a big site in passwd files, one file and one realm for each part of the house: half of all in the default realm.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestServer } from "../test/kit/start-server.ts";
import { nameUser } from "./otps.ts";

export interface Population {
  realm: string;
  /** Numbers of its users: from `first`, `count` of them. */
  first: number;
  count: number;
}

const given = ["Anna", "Bernd", "Chiara", "David", "Elif", "Frank", "Greta", "Hannes", "Ines", "Jonas", "Katja", "Luca", "Mara"];
const surnames = ["Bauer", "Conti", "Demir", "Ebert", "Fischer", "Gruber", "Huber", "Ivanova", "Jansen", "Keller", "Lehmann"];

/** The realms of `users` users: site (half of them), campus (a quarter), lab and guests. */
export function divideUsers(users: number): Population[] {
  const half = Math.ceil(users / 2);
  const quarter = Math.floor(users / 4);
  const counts = { site: half, campus: quarter, lab: Math.floor((users - half - quarter) / 2), guests: 0 };
  counts.guests = users - half - quarter - counts.lab;
  let first = 0;
  return Object.entries(counts).map(([realm, count]) => {
    const population = { realm, first, count };
    first += count;
    return population;
  });
}

export const nameUserId = (n: number) => String(10_000 + n);

function writeLine(n: number): string {
  const name = `${given[n % given.length]} ${surnames[Math.floor(n / given.length) % surnames.length]}`;
  const gecos = `${name},R ${n % 900},+49 89 ${n},+49 170 ${n},${nameUser(n)}@example.org`;
  return `${nameUser(n)}:x:${nameUserId(n)}:100:${gecos}:/home/${nameUser(n)}:/bin/false\n`;
}

/** Writes the files and makes resolvers, realms and the default realm as an administrator would. */
export async function seedUsers(server: TestServer, users: number): Promise<void> {
  const folder = join(server.dataDir, "users");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { realm, first, count } of divideUsers(users)) {
    const file = join(folder, `${realm}.passwd`);
    writeFileSync(file, Array.from({ length: count }, (_, at) => writeLine(first + at)).join(""));
    await expectDone(server, `/resolver/${realm}`, { type: "passwdresolver", Filename: file });
    await expectDone(server, `/realm/${realm}`, { resolvers: realm });
  }
  await expectDone(server, "/defaultrealm/site", {});
}

/** A POST that must succeed. */
export async function expectDone(server: TestServer, path: string, params: Record<string, string>): Promise<void> {
  const answer = await server.api("POST", path, params);
  if (answer.body?.result.status !== true) throw new Error(`${path}: ${answer.status} ${answer.text}`);
}
