// Administrators, user sources, realms (config-and-tokens.md F01, F03, Z16), owners of tokens, settings in the database.
import { findSystemKey, parseSystemValue, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import { findNearestWord } from "../../core/nearest-word.ts";
import { type Check, type Finding, PATIENCE_MS } from "./check.ts";

export const administrators: Check = {
  name: "administrators",
  needs: "database",
  async run({ read, settings }) {
    const [row] = await read<{ count: number }>("SELECT count(*) AS count FROM admin");
    const superusers = settings["auth.superuser_realms"];
    const known = new Set((await read<{ name: string }>("SELECT name FROM realm")).map(({ name }) => name));
    const findings = superusers
      .filter((realm) => !known.has(realm))
      .map(
        (realm): Finding => ({
          severity: "warning",
          what: `auth.superuser_realms names realm ${realm}, which does not exist.`,
          meaning: "Who makes a realm of this name makes its users administrators.",
          advice: `ostiary realm create ${realm} RESOLVER, or take it out of the setting`,
        }),
      );
    if ((row?.count ?? 0) > 0 || superusers.some((realm) => known.has(realm))) return findings;
    findings.push({
      severity: "problem",
      what: "There is no administrator.",
      meaning: "Nobody can enrol tokens, and a sealed key ring can not be unlocked.",
      advice: "ostiary admin add NAME --password-stdin",
    });
    return findings;
  },
};

export const realms: Check = {
  name: "realms",
  needs: "database",
  async run({ read }) {
    const rows = await read<{ name: string; is_default: number; sources: number }>(
      "SELECT name, is_default, (SELECT count(*) FROM resolver_realm WHERE realm_id = realm.id) AS sources FROM realm ORDER BY name",
    );
    if (rows.length === 0) {
      return [
        {
          severity: "note",
          what: "There is no realm.",
          meaning: "Users exist in realms only: nobody can log in by his name.",
          advice: "ostiary resolver create NAME … and ostiary realm create NAME RESOLVER",
        },
      ];
    }
    const findings = rows
      .filter(({ sources }) => sources === 0)
      .map(
        ({ name }): Finding => ({
          severity: "warning",
          what: `Realm ${name} has no user source.`,
          meaning: "It has no users.",
          advice: `ostiary realm create ${name} RESOLVER, or ostiary realm delete ${name}`,
        }),
      );
    if (!rows.some(({ is_default }) => is_default === 1)) {
      findings.push({
        severity: "warning",
        what: "No realm is the default one.",
        meaning: "A log-in without a realm finds nobody.",
        advice: `ostiary realm default ${rows[0]?.name}`,
      });
    }
    return findings;
  },
};

export const userSources: Check = {
  name: "user sources",
  needs: "database",
  async run({ read, sources }) {
    const outside = await read<{ name: string }>(
      "SELECT name FROM resolver WHERE id NOT IN (SELECT resolver_id FROM resolver_realm) ORDER BY name",
    );
    const findings = outside.map(
      ({ name }): Finding => ({
        severity: "note",
        what: `User source ${name} is in no realm.`,
        meaning: "Its users do not exist for the server.",
        advice: `ostiary realm create REALM ${name}, or ostiary resolver delete ${name}`,
      }),
    );
    for (const { name, fault, locked } of await sources()) {
      if (fault === null) continue;
      findings.push({
        severity: locked ? "note" : "problem",
        what: `User source ${name} can not be opened${locked ? " by the doctor" : ""}: ${fault}`,
        meaning: locked ? "Whether it works is not known." : "Its users can not log in.",
        advice: locked ? "Unlock the server, then: POST /resolver/test" : `ostiary resolver test ${name}`,
      });
    }
    return findings;
  },
};

/** Owners that are looked up one by one. */
const MAX_OWNERS = 50_000;
const MAX_NAMED = 5;

interface Owner {
  resolver: string;
  user_id: string;
  serial: string;
}

export const orphans: Check = {
  name: "owners of tokens",
  needs: "database",
  async run({ read, sources }) {
    const owners = await read<Owner>(
      "SELECT o.resolver, o.user_id, t.serial FROM token_owner o JOIN token t ON t.id = o.token_id ORDER BY t.id LIMIT ?",
      MAX_OWNERS + 1,
    );
    const known = new Map((await sources()).map((source) => [source.name, source]));
    const lost: Owner[] = [];
    const endTick = performance.now() + PATIENCE_MS;
    let looked = 0;
    for (const owner of owners.slice(0, MAX_OWNERS)) {
      if (performance.now() > endTick) break;
      looked++;
      const source = known.get(owner.resolver);
      // A source that can not be opened says nothing about its users.
      const gone = source ? source.resolver !== null && (await source.resolver.findById(owner.user_id)) === null : true;
      if (gone) lost.push(owner);
    }
    const findings: Finding[] = [];
    if (lost.length > 0) {
      const named = lost.slice(0, MAX_NAMED).map(({ serial, user_id, resolver }) => `${serial} (user ${user_id} of ${resolver})`);
      findings.push({
        severity: "warning",
        what: `${lost.length} tokens belong to users who are gone: ${named.join(", ")}${lost.length > MAX_NAMED ? ", …" : ""}.`,
        meaning: "They can not be used to log in, and come to life again if a user gets the same number.",
        advice: "ostiary token unassign SERIAL, or ostiary token delete SERIAL",
      });
    }
    if (looked < owners.length) {
      findings.push({
        severity: "note",
        what: `Only the first ${looked} owners of tokens were looked up.`,
        meaning: "There may be more tokens without an owner.",
        advice: "None: the look is bounded, so that the doctor stays quick.",
      });
    }
    return findings;
  },
};

export const storedSettings: Check = {
  name: "system settings",
  needs: "database",
  async run({ read }) {
    const rows = await read<{ key: string; value: string; type: string }>("SELECT key, value, type FROM config ORDER BY key");
    return rows.flatMap(({ key, value, type }): Finding[] => {
      const name = findSystemKey(key);
      if (name === null) {
        const nearest = findNearestWord(key, Object.keys(systemKeys));
        if (nearest === null) return [];
        return [
          {
            severity: "warning",
            what: `A setting "${key}" is stored; nothing reads it.`,
            meaning: `If ${nearest} was meant, it has no effect.`,
            advice: `ostiary config delete ${key}, ostiary config set ${nearest} VALUE`,
          },
        ];
      }
      const { unused }: SystemKey = systemKeys[name];
      if (type === "password" || parseSystemValue(name, value) === null) {
        return [
          {
            severity: "warning",
            what: `The stored value of ${name} is none that it can have.`,
            meaning: `The default is in force: ${systemKeys[name].default}.`,
            advice: `ostiary config set ${name} VALUE`,
          },
        ];
      }
      if (!unused) return [];
      return [
        {
          severity: "note",
          what: `${name} is set; this release does not read it yet.`,
          meaning: "It has no effect.",
          advice: "None.",
        },
      ];
    });
  },
};
