// What can be done to a token. The same objects stand in the header of its page, the menu of its row, the bulk bar and the palette.

import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import { codeField } from "./code-field.ts";
import { limitsAction } from "./limits-action.ts";
import { hasCodes, isOpen, type Token } from "./token.ts";
import { userFields } from "./user-fields.ts";

export interface TokenSurroundings {
  realms: readonly string[];
  groups: readonly string[];
}

const hasOwner = ({ username }: Token) => username !== "";
const list = (text: string | undefined) =>
  (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
export function tokenActions({ realms, groups }: TokenSurroundings): readonly ItemAction<Token>[] {
  return [
    {
      id: "test",
      label: "tokens.do.test",
      icon: "test",
      fits: isOpen,
      question: "tokens.do.test.question",
      fields: () => [
        {
          name: "pass",
          label: "tokens.do.test.pass",
          kind: "secret",
          required: true,
          maxLength: 4096,
          autocomplete: "one-time-code",
        },
      ],
      async perform({ serial }, { pass = "" }) {
        const { value, detail } = await call("validateCheck", { serial, pass });
        return value
          ? {}
          : { good: false, text: { key: "tokens.do.test.refused", words: { reason: String(detail?.message ?? "") } } };
      },
      done: "tokens.do.test.done",
    },
    {
      id: "setpin",
      label: "tokens.do.pin",
      submit: "do.save",
      icon: "password",
      right: "setpin",
      fits: isOpen,
      fields: () => [{ name: "otppin", label: "tokens.pin", hint: "tokens.pin.hint", kind: "secret", maxLength: 4096 }],
      perform: async ({ serial }, { otppin = "" }) => void (await call("tokenSetPin", { serial, otppin })),
      done: "tokens.do.pin.done",
    },
    {
      id: "enable",
      label: "tokens.do.enable",
      icon: "power",
      right: "enable",
      bulk: true,
      fits: (token) => isOpen(token) && !token.active,
      perform: async ({ serial }) => void (await call("tokenEnable", { serial })),
      done: "tokens.do.enable.done",
    },
    {
      id: "disable",
      label: "tokens.do.disable",
      icon: "powerOff",
      right: "disable",
      bulk: true,
      fits: (token) => isOpen(token) && token.active,
      perform: async ({ serial }) => void (await call("tokenDisable", { serial })),
      done: "tokens.do.disable.done",
    },
    {
      id: "reset",
      label: "tokens.do.reset",
      icon: "reset",
      right: "reset",
      bulk: true,
      fits: (token) => isOpen(token) && token.failcount > 0,
      perform: async ({ serial }) => void (await call("tokenReset", { serial })),
      done: "tokens.do.reset.done",
    },
    {
      id: "resync",
      label: "tokens.do.resync",
      icon: "refresh",
      right: "resync",
      fits: (token) => isOpen(token) && hasCodes(token),
      question: "tokens.do.resync.question",
      fields: () => [codeField("otp1", "tokens.do.resync.first"), codeField("otp2", "tokens.do.resync.second")],
      async perform({ serial }, { otp1 = "", otp2 = "" }) {
        const { value } = await call("tokenResync", { serial, otp1: otp1.trim(), otp2: otp2.trim() });
        return value ? {} : { good: false, text: "tokens.do.resync.refused" };
      },
      done: "tokens.do.resync.done",
    },
    {
      id: "description",
      label: "tokens.do.description",
      submit: "do.save",
      icon: "pencil",
      right: "setdescription",
      fits: isOpen,
      fields: ({ description }) => [
        { name: "description", label: "tokens.description", kind: "text", maxLength: 80, initial: description },
      ],
      perform: async ({ serial }, { description = "" }) => void (await call("tokenDescription", { serial, description })),
      done: "tokens.do.saved",
    },
    {
      id: "assign",
      label: "tokens.do.assign",
      icon: "link",
      right: "assign",
      fits: (token) => isOpen(token) && !hasOwner(token),
      fields: () => [
        ...userFields(realms, true),
        { name: "pin", label: "tokens.pin", hint: "tokens.pin.keep", kind: "secret", maxLength: 4096 },
      ],
      perform: async ({ serial }, { user = "", realm, pin }) =>
        void (await call("tokenAssign", { serial, user: user.trim(), realm: realm || undefined, pin: pin || undefined })),
      done: "tokens.do.assign.done",
    },
    {
      id: "unassign",
      label: "tokens.do.unassign",
      icon: "unlink",
      right: "unassign",
      bulk: true,
      fits: (token) => isOpen(token) && hasOwner(token),
      question: "tokens.do.unassign.question",
      perform: async ({ serial }) => void (await call("tokenUnassign", { serial })),
      done: "tokens.do.unassign.done",
    },
    {
      id: "realms",
      label: "tokens.do.realms",
      submit: "do.save",
      icon: "realm",
      right: "tokenrealms",
      bulk: true,
      fits: isOpen,
      fields: (token) => [
        { name: "realms", label: "tokens.realms", hint: "tokens.do.list", kind: "text", initial: token.realms.join(", ") },
      ],
      perform: async ({ serial }, values) => void (await call("tokenRealms", { serial, realms: list(values.realms) })),
      done: "tokens.do.saved",
    },
    {
      id: "groups",
      label: "tokens.do.groups",
      submit: "do.save",
      icon: "group",
      right: "tokengroups",
      bulk: true,
      fits: (token) => isOpen(token) && groups.length > 0,
      fields: (token) => [
        { name: "groups", label: "tokens.groups", hint: "tokens.do.list", kind: "text", initial: token.tokengroup.join(", ") },
      ],
      perform: async ({ serial }, values) => void (await call("tokenGroups", { serial, groups: list(values.groups) })),
      done: "tokens.do.saved",
    },
    limitsAction,
    {
      id: "info",
      label: "tokens.do.info",
      submit: "do.save",
      icon: "tag",
      right: "settokeninfo",
      fits: isOpen,
      fields: () => [
        { name: "key", label: "tokens.info.key", kind: "text", required: true, maxLength: 255 },
        { name: "value", label: "tokens.info.value", kind: "text", maxLength: 10_000 },
        { name: "sealed", label: "tokens.info.sealed", hint: "tokens.info.sealed.hint", kind: "flag" },
      ],
      perform: async ({ serial }, { key = "", value = "", sealed }) =>
        void (await call("tokenInfoSet", { serial, key: key.trim(), value, ...(sealed === "1" ? { type: "password" } : {}) })),
      done: "tokens.do.saved",
    },
    {
      id: "copypin",
      label: "tokens.do.copyPin",
      icon: "copy",
      right: "copytokenpin",
      fits: isOpen,
      question: "tokens.do.copyPin.question",
      fields: () => [{ name: "from", label: "tokens.do.copyFrom", kind: "text", required: true, maxLength: 40 }],
      perform: async ({ serial }, { from = "" }) => void (await call("tokenCopyPin", { from: from.trim(), to: serial })),
      done: "tokens.do.pin.done",
    },
    {
      id: "copyuser",
      label: "tokens.do.copyUser",
      icon: "users",
      right: "copytokenuser",
      fits: isOpen,
      question: "tokens.do.copyUser.question",
      fields: () => [{ name: "from", label: "tokens.do.copyFrom", kind: "text", required: true, maxLength: 40 }],
      perform: async ({ serial }, { from = "" }) => void (await call("tokenCopyUser", { from: from.trim(), to: serial })),
      done: "tokens.do.assign.done",
    },
    {
      id: "lost",
      label: "tokens.do.lost",
      icon: "lifebuoy",
      right: "losttoken",
      fits: (token) => isOpen(token) && hasOwner(token),
      question: "tokens.do.lost.question",
      async perform({ serial }) {
        const { value } = await call("tokenLost", { serial });
        return { secret: { label: "tokens.do.lost.password", value: value.password } };
      },
      done: "tokens.do.lost.done",
    },
    {
      id: "revoke",
      label: "tokens.do.revoke",
      icon: "ban",
      right: "revoke",
      danger: true,
      bulk: true,
      fits: isOpen,
      question: "tokens.do.revoke.question",
      perform: async ({ serial }) => void (await call("tokenRevoke", { serial })),
      done: "tokens.do.revoke.done",
    },
    {
      id: "delete",
      label: "tokens.do.delete",
      icon: "trash",
      right: "delete",
      danger: true,
      bulk: true,
      question: "tokens.do.delete.question",
      perform: async ({ serial }) => void (await call("tokenDelete", { serial })),
      done: "tokens.do.delete.done",
    },
  ];
}
