// The key ring and what can be done to it.

import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { Text } from "../../text/text.ts";

export interface RingKey {
  id: string;
  kind: "file" | "pkcs11";
  createdAt: number | null;
  retiredAt: number | null;
  label: string | null;
}

export interface KeyRing {
  form: "plain" | "passphrase" | "device";
  open: boolean;
  reason: string | null;
  active: string | null;
  keys: readonly RingKey[];
  sealed: Readonly<Record<string, number>>;
  left: number | null;
}

/** Values under keys that are not in the ring: nothing opens them. */
export const countLost = ({ open, keys, sealed }: KeyRing): number =>
  open ? Object.entries(sealed).reduce((sum, [id, count]) => sum + (keys.some((key) => key.id === id) ? 0 : count), 0) : 0;

/** @param began gets the number of the job */
export function ringActions({ t }: Text, began: (job: string) => void): readonly ItemAction<KeyRing>[] {
  return [
    {
      id: "unlock",
      label: "keyring.unlock",
      icon: "unlock",
      right: "set_hsm_password",
      fits: ({ open, reason }) => !open || reason !== null,
      question: "keyring.unlock.question",
      fields: () => [{ name: "password", label: "keyring.unlock.password", kind: "secret", required: true, maxLength: 4096 }],
      async perform(_, { password = "" }) {
        const { value } = await call("hsmUnlock", { password });
        return { text: value.is_ready ? "keyring.unlock.done" : "keyring.unlock.more" };
      },
      done: "keyring.unlock.done",
    },
    {
      id: "rotate",
      label: "keyring.rotate",
      submit: "keyring.rotate.start",
      icon: "refresh",
      right: "keyrotate",
      fits: ({ open }) => open,
      question: "keyring.rotate.question",
      fields: () => [
        {
          name: "where",
          label: "keyring.rotate.where",
          hint: "keyring.rotate.where.hint",
          kind: "select",
          initial: "",
          options: [
            { value: "", label: t("keyring.where.same") },
            { value: "ring", label: t("keyring.where.ring") },
            { value: "module", label: t("keyring.where.module") },
          ],
        },
      ],
      async perform(_, { where }) {
        const { value } = await call("keyRotate", where === "ring" || where === "module" ? { where } : {});
        began(value.job);
        return { text: "keyring.rotate.began" };
      },
      done: "keyring.rotate.began",
    },
  ];
}
