// What a person can do to a token of his own, in plain words. Test and loss have dialogs of their own, because they say more.
import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import { codeField } from "./code-field.ts";
import { hasCodes, isOpen, type Token } from "./token.ts";

export const ownActions: readonly ItemAction<Token>[] = [
  {
    id: "rename",
    label: "my.rename",
    submit: "do.save",
    icon: "pencil",
    right: "setdescription",
    fits: isOpen,
    fields: ({ description }) => [
      { name: "description", label: "my.name", hint: "my.name.hint", kind: "text", maxLength: 80, initial: description },
    ],
    perform: async ({ serial }, { description = "" }) =>
      void (await call("tokenDescription", { serial, description: description.trim() })),
    done: "my.rename.done",
  },
  {
    id: "pin",
    label: "my.pin",
    submit: "do.save",
    icon: "password",
    right: "setpin",
    fits: isOpen,
    question: "my.pin.question",
    fields: () => [
      { name: "otppin", label: "my.pin.new", kind: "secret", maxLength: 4096 },
      { name: "again", label: "my.pin.again", kind: "secret", maxLength: 4096 },
    ],
    async perform({ serial }, { otppin = "", again = "" }) {
      if (otppin !== again) return { good: false, text: "my.pin.differ" };
      await call("tokenSetPin", { serial, otppin });
      return otppin === "" ? { text: "my.pin.cleared" } : {};
    },
    done: "my.pin.done",
  },
  {
    id: "resync",
    label: "my.resync",
    submit: "my.resync.run",
    icon: "refresh",
    right: "resync",
    fits: (token) => isOpen(token) && hasCodes(token),
    question: "my.resync.question",
    fields: () => [codeField("otp1", "my.resync.first"), codeField("otp2", "my.resync.second")],
    async perform({ serial }, { otp1 = "", otp2 = "" }) {
      const { value } = await call("tokenResync", { serial, otp1: otp1.replaceAll(" ", ""), otp2: otp2.replaceAll(" ", "") });
      return value ? {} : { good: false, text: "my.resync.refused" };
    },
    done: "my.resync.done",
  },
  {
    id: "reset",
    label: "my.reset",
    icon: "unlock",
    right: "reset",
    fits: (token) => isOpen(token) && token.failcount >= token.maxfail,
    perform: async ({ serial }) => void (await call("tokenReset", { serial })),
    done: "my.reset.done",
  },
  {
    id: "enable",
    label: "my.enable",
    icon: "power",
    right: "enable",
    fits: (token) => isOpen(token) && !token.active,
    question: "my.enable.question",
    perform: async ({ serial }) => void (await call("tokenEnable", { serial })),
    done: "my.enable.done",
  },
  {
    id: "disable",
    label: "my.disable",
    icon: "powerOff",
    right: "disable",
    fits: (token) => isOpen(token) && token.active,
    question: "my.disable.question",
    perform: async ({ serial }) => void (await call("tokenDisable", { serial })),
    done: "my.disable.done",
  },
  {
    id: "remove",
    label: "my.remove",
    icon: "trash",
    right: "delete",
    danger: true,
    question: "my.remove.question",
    perform: async ({ serial }) => void (await call("tokenDelete", { serial })),
    done: "my.remove.done",
  },
];
