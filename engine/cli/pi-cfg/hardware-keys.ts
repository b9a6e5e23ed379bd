// Keys of a pi.cfg that concern a hardware security module.
import { elsewhere, integerSetting, nothing, type OldKey, textSetting } from "./old-key.ts";

const MADE_ANEW =
  "Keys are made anew in the module, so this names none of ours. Leave the old ones in it: an import of the old tokens will need them.";

export const hardwareKeys: Record<string, OldKey> = {
  PI_HSM_MODULE: {
    id: "A42",
    value: "text",
    became: elsewhere("`keys.pkcs11_module`"),
    why: "There is one way to use a module, and it is used if this setting names one. docs/keys.md explains both: keys that stay in the module, and a key ring that is sealed by one.",
  },
  PI_HSM_MODULE_MODULE: {
    id: "A43",
    value: "path",
    became: textSetting("keys.pkcs11_module"),
    why: "The PKCS#11 library. It can stand in the file only, not in a variable.",
  },
  PI_HSM_MODULE_SLOT: {
    id: "A44",
    value: "whole number",
    became: integerSetting("keys.pkcs11_slot"),
    why: "-1 takes the only slot that holds a token, there and here.",
  },
  PI_HSM_MODULE_SLOTNAME: {
    id: "A45",
    value: "text",
    became: textSetting("keys.pkcs11_token_label"),
    why: "Labels stay when slots change their numbers.",
  },
  PI_HSM_MODULE_PASSWORD: {
    id: "A46",
    value: "text",
    secret: true,
    became: elsewhere("`keys.pkcs11_pin_file`"),
    why: "The PIN stands in a file of its own (mode 0600), or an administrator sends it after each start: `POST /system/hsm`.",
  },
  PI_HSM_MODULE_MAX_RETRIES: {
    id: "A47",
    value: "whole number",
    became: integerSetting("keys.pkcs11_retries"),
    why: "Retries of the module's own driver multiply with them.",
  },
  PI_HSM_MODULE_KEY_LABEL: { id: "A48", value: "text", became: elsewhere("`keys.pkcs11_key_label`"), why: MADE_ANEW },
  PI_HSM_MODULE_KEY_LABEL_TOKEN: {
    id: "A49",
    value: "text",
    became: nothing,
    why: "One key seals everything, bound to its place.",
  },
  PI_HSM_MODULE_KEY_LABEL_CONFIG: { id: "A50", value: "text", became: nothing, why: "See `PI_HSM_MODULE_KEY_LABEL_TOKEN`." },
  PI_HSM_MODULE_KEY_LABEL_VALUE: { id: "A51", value: "text", became: nothing, why: "See `PI_HSM_MODULE_KEY_LABEL_TOKEN`." },
  PI_HSM_MODULE_KEYID: { id: "A52", value: "whole number", became: nothing, why: MADE_ANEW },
  PI_HSM_MODULE_KEYLABEL: { id: "A53", value: "text", became: elsewhere("`keys.pkcs11_key_label`"), why: MADE_ANEW },
  PI_HSM_MODULE_TIMEOUT: {
    id: "A54",
    value: "whole number",
    became: nothing,
    why: "How long processes wait for each other; one process speaks to the module here. `keys.pkcs11_timeout_seconds` is how long a log-in waits for it.",
  },
  PI_HSM_MODULE_LOCK_DIR: {
    id: "A55",
    value: "path",
    became: nothing,
    why: "See `PI_HSM_MODULE_TIMEOUT`. Nothing is left behind by a crash that could keep a start from succeeding.",
  },
  PI_HSM_MODULE_ENCFILE: {
    id: "A56",
    value: "path",
    became: elsewhere("`keys/keyring.json`, made by `ostiary init`"),
    why: "The key ring, which a key of the module can seal. It is made anew; keep the old file, an import of the old tokens will need it.",
  },
};
