// /system/keys: the key ring, for the site.
import { ApiError } from "@ostiary/shared/errors.ts";
import { nameAdmin } from "../../services/caller.ts";
import { readKeyStatus, rotateKeys } from "../../services/key-rotation.ts";
import { StoreInUseError } from "../../store/process-lock.ts";
import { KeyFileError } from "../../vault/keys.ts";
import type { Handlers } from "../call.ts";
import { toApiError } from "../faults.ts";

export const keyRoutes: Handlers<"keyStatus" | "keyRotate"> = {
  keyStatus: async ({ engine }) => ({ value: await readKeyStatus(engine) }),
  async keyRotate(call) {
    const { engine, caller, params, audit } = call;
    const place = { where: params.where ?? "same", label: engine.settings["keys.pkcs11_key_label"] } as const;
    const by = caller?.role === "admin" ? nameAdmin(caller) : "";
    const { id } = engine.jobs.start("key rotate", by, async (control) => {
      try {
        return await rotateKeys(engine, place, by, control);
      } catch (fault) {
        if (fault instanceof StoreInUseError) throw new ApiError("ring_in_use", {}, { cause: fault });
        // It says what is missing, such as the setting of a security module.
        if (fault instanceof KeyFileError) throw new ApiError("hsm", { text: fault.message }, { cause: fault });
        throw toApiError(fault, call);
      }
    });
    audit.actionDetail = `job ${id}`;
    return { value: { job: id } };
  },
};
