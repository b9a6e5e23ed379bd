// The key ring: can it be used, and is it the one of this database?
import { createPublicKey, verify } from "node:crypto";
import { encodeAuditStatement } from "../../core/audit-chain.ts";
import type { RingForm } from "../../vault/ring-info.ts";
import { SealBrokenError } from "../../vault/vault.ts";
import type { Check, Finding } from "./check.ts";

/** How a ring is sealed, and what that means for who runs the server. */
const FORMS: Record<RingForm, Omit<Finding, "severity">> = {
  plain: {
    what: "The key ring is not sealed.",
    meaning: "The server starts by itself; who copies database and keys together has every seed.",
    advice:
      "Keep both in different backups. A ring that is sealed by a passphrase (ostiary key encrypt) has to be unlocked after every start.",
  },
  passphrase: {
    what: "The key ring is sealed by a passphrase, so what is in it was not tried.",
    meaning: "After each start an administrator has to unlock it.",
    advice: "POST /system/hsm; keep the passphrase where it survives the machine.",
  },
  device: {
    what: "The key ring is sealed by a security module.",
    meaning: "Without the module nothing in the database can be opened.",
    advice: "Keep a second module, or a backup of its keys by its own means.",
  },
};

const IN_MODULE: Omit<Finding, "severity"> = {
  what: "The keys of the seeds are in a security module.",
  meaning: "Who copies database and keys has no seed; without the module nobody has, and no token works.",
  advice: "Keep a second module, or a backup of its keys by its own means.",
};

export const ringForm: Check = {
  name: "key ring",
  needs: "keys",
  async run({ vault, vaultFault }) {
    if (vaultFault !== null || !vault) {
      return [
        {
          severity: "problem",
          what: vaultFault ?? "The key ring can not be used.",
          meaning: "The server does not start.",
          advice: "Restore the directory of the keys from the backup, all files together.",
        },
      ];
    }
    const { form, keys } = await vault.describeRing();
    // What lies open in such a ring are the keys of signatures.
    const inModule = form === "plain" && keys.length > 0 && keys.every(({ kind }) => kind === "pkcs11");
    const findings: Finding[] = [{ severity: "note", ...(inModule ? IN_MODULE : FORMS[form]) }];
    if (form !== "passphrase" && !vault.ready) {
      findings.push({
        severity: "problem",
        what: vault.reason ?? "The vault is not ready.",
        meaning: "No token can be checked.",
        advice: "See the settings keys.pkcs11_* and docs/keys.md.",
      });
    }
    return findings;
  },
};

interface SealedKey {
  serial: string;
  key_sealed: Uint8Array;
}

/** The newest are looked at; a second for all of them. */
const MOST_SEEDS = 5000;

function describeDamaged(serials: string[]): Finding {
  const shown = serials.slice(0, 5).join(", ");
  return {
    severity: "problem",
    what: `The key ring does not open the seed of ${serials.length} token${serials.length > 1 ? "s" : ""}: ${shown}${serials.length > 5 ? ", …" : ""}.`,
    meaning: "The others open, so these are damaged. They accept nothing.",
    advice: "Enrol new tokens for their owners, and look at the disk and at who can write the database.",
  };
}

export const ringFits: Check = {
  name: "keys and database",
  needs: "database",
  async run({ vault, read }) {
    if (!vault) return [];
    const tokens = vault.ready
      ? await read<SealedKey>(
          `SELECT serial, key_sealed FROM token WHERE key_sealed IS NOT NULL ORDER BY id DESC LIMIT ${MOST_SEEDS}`,
        )
      : [];
    const opened = await Promise.all(tokens.map((token) => canOpen(token, vault)));
    const damaged = tokens.filter((_token, index) => !opened[index]);
    if (damaged.length > 0 && damaged.length < tokens.length) return [describeDamaged(damaged.map(({ serial }) => serial))];
    const [token] = tokens;
    const opens = token ? opened[0] : await isSignedBy(read, await vault.publicKeys());
    if (opens) return [];
    return [
      {
        severity: "problem",
        what: token
          ? `The key ring does not open the seed of token ${token.serial}.`
          : "The newest signatures of the audit trail are not of these keys.",
        meaning: "Keys and database are of different servers or different times; log-ins fail.",
        advice: "Restore both from one backup.",
      },
    ];
  },
};

async function canOpen(
  { serial, key_sealed }: SealedKey,
  vault: { unseal(sealed: Uint8Array, context: string): Promise<Uint8Array> },
) {
  try {
    (await vault.unseal(key_sealed, `token|${serial}|key`)).fill(0);
    return true;
  } catch (error) {
    if (error instanceof SealBrokenError) return false;
    throw error;
  }
}

interface Signed {
  node: string;
  epoch: number;
  chain: number;
  seq: number;
  hash: Uint8Array;
  at: number;
  signature: Uint8Array;
}

/** One that does not fit may be damage; several are another key. True as well if nothing is signed yet. */
async function isSignedBy(read: <Row>(sql: string) => Promise<Row[]>, { audit }: { audit: Uint8Array }): Promise<boolean> {
  const signed = await read<Signed>(
    `SELECT c.node, c.epoch, b.chain, b.seq, b.hash, b.signed_at AS at, b.signature
     FROM audit_batch b JOIN audit_chain c ON c.id = b.chain ORDER BY b.signed_at DESC LIMIT 5`,
  );
  const x = audit.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return (
    signed.length === 0 ||
    signed.some(({ signature, ...statement }) => verify(null, encodeAuditStatement(statement), key, signature))
  );
}
