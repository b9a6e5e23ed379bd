// /system/* (rest-api.md 2.5).
import { randomBytes } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { findSystemKey } from "@ostiary/shared/system-config.ts";
import { describeConfiguration } from "../../services/configuration-document.ts";
import {
  collectSettings,
  deleteSetting,
  isDocumentedForm,
  readSettings,
  writeDefaults,
  writeSettings,
} from "../../services/system-settings.ts";
import { findTokenType, tokenKinds } from "../../tokens/registry.ts";
import { KeyFileError } from "../../vault/keys.ts";
import type { Vault } from "../../vault/vault.ts";
import type { Bag } from "../bag.ts";
import type { Handlers } from "../call.ts";

type SystemRoutes =
  | "systemGet"
  | "systemSetConfig"
  | "systemSetDefault"
  | "systemDelete"
  | "systemDocumentation"
  | "systemRandom"
  | "systemGpgKeys"
  | "systemTestTokenType"
  | "systemNamesRadius"
  | "systemNamesCaConnector"
  | "hsmGet"
  | "hsmUnlock";

const RANDOM_BYTES = 20;

/** A nonce asks for a signed answer; it is no setting. */
const withoutNonce = (bag: Bag): Bag => new Map([...bag].filter(([name]) => name !== "nonce"));

export const systemRoutes: Handlers<SystemRoutes> = {
  async systemGet({ engine, caller, params }) {
    const settings = await readSettings(engine, caller?.role !== "admin");
    if (params.key === undefined) return { value: Object.fromEntries(settings) };
    return { value: settings.get(findSystemKey(params.key) ?? params.key) ?? null };
  },
  async systemSetConfig(call) {
    const bag = withoutNonce(call.bag);
    const value = await writeSettings(call, collectSettings(bag));
    return isDocumentedForm(bag) ? { value, message: phrase("documented_form") } : { value };
  },
  systemSetDefault: async (call) => ({ value: await writeDefaults(call, call.bag) }),
  systemDelete: async (call) => ({ value: await deleteSetting(call, call.params.key) }),
  async systemDocumentation({ engine }) {
    const body = await describeConfiguration(engine);
    return { value: "", file: { name: "documentation.rst", contentType: "text/plain; charset=utf-8", body } };
  },
  async systemRandom({ params }) {
    const bytes = new Uint8Array(randomBytes(params.len ?? RANDOM_BYTES));
    return { value: params.encode === "b64" ? bytes.toBase64() : bytes.toHex() };
  },
  systemGpgKeys: async ({ engine }) => ({ value: await engine.gpgKeys.list() }),
  async systemTestTokenType({ params }) {
    const type = params.tokentype.toLowerCase();
    if (!findTokenType(type)) throw new ApiError("token_type_unknown", { known: tokenKinds.join(", ") });
    // None of the types there are depends on anything outside (L14079).
    return { value: false, message: phrase("nothing_to_try", { type }) };
  },
  systemNamesRadius: async () => ({ value: [] }),
  systemNamesCaConnector: async () => ({ value: [] }),
  hsmGet: async ({ engine }) => ({ value: { is_ready: engine.vault.ready } }),
  async hsmUnlock({ engine, params }) {
    if (!(await unlock(engine.vault, params.password))) throw new ApiError("passphrase_wrong");
    // User sources whose secrets could not be opened until now.
    await engine.directory.reload();
    return { value: { is_ready: engine.vault.ready } };
  },
};

async function unlock(vault: Vault, password: string): Promise<boolean> {
  try {
    return await vault.unlock(password);
  } catch (fault) {
    if (fault instanceof KeyFileError) throw new ApiError("hsm", { text: fault.message }, { cause: fault });
    throw fault;
  }
}
