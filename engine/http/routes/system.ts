// /system/* (rest-api.md 2.5).
import { ApiError } from "@ostiary/shared/errors.ts";
import { findSystemKey } from "@ostiary/shared/system-config.ts";
import { collectSettings, deleteSetting, readSettings, writeDefaults, writeSettings } from "../../services/system-settings.ts";
import type { Bag } from "../bag.ts";
import type { Handlers } from "../call.ts";

type SystemRoutes = "systemGet" | "systemSetConfig" | "systemSetDefault" | "systemDelete" | "hsmGet" | "hsmUnlock";

/** A nonce asks for a signed answer; it is no setting. */
const withoutNonce = (bag: Bag): Bag => new Map([...bag].filter(([name]) => name !== "nonce"));

export const systemRoutes: Handlers<SystemRoutes> = {
  async systemGet({ engine, caller, params }) {
    const settings = await readSettings(engine, caller?.role !== "admin");
    if (params.key === undefined) return { value: Object.fromEntries(settings) };
    return { value: settings.get(findSystemKey(params.key) ?? params.key) ?? null };
  },
  systemSetConfig: async (call) => ({ value: await writeSettings(call, collectSettings(withoutNonce(call.bag))) }),
  systemSetDefault: async (call) => ({ value: await writeDefaults(call, call.bag) }),
  systemDelete: async (call) => ({ value: await deleteSetting(call, call.params.key) }),
  hsmGet: async ({ engine }) => ({ value: { is_ready: engine.vault.ready } }),
  async hsmUnlock({ engine, params }) {
    if (!(await engine.vault.unlock(params.password))) throw new ApiError("hsm", { text: "The passphrase is wrong." });
    // User sources whose secrets could not be opened until now.
    await engine.directory.reload();
    return { value: { is_ready: engine.vault.ready } };
  },
};
