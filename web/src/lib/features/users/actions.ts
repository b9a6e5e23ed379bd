// What can be done for a person: to all tokens he has, and to his sessions.
import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { User } from "./user.ts";

const SHOWN = 12;

/** D13: part of a serial number; only tokens that nobody has. */
async function suggestSerials(text: string) {
  const { value } = await call("tokenList", { serial: `*${text.replaceAll("*", "")}*`, assigned: "false", pagesize: SHOWN });
  return value.tokens.map(({ serial, tokentype, description }) => ({
    value: serial,
    label: [serial, tokentype, description].filter(Boolean).join(" · "),
  }));
}

const who = ({ username, realm, resolver }: User) => ({ user: username, realm, resolver });

const changed = (count: unknown) => ({ text: { key: "users.do.changed.other", words: { count: Number(count) } } }) as const;

export const userActions: readonly ItemAction<User>[] = [
  {
    id: "assign",
    label: "users.do.assign",
    icon: "link",
    right: "assign",
    question: "users.do.assign.question",
    fields: () => [
      {
        name: "serial",
        label: "users.do.assign.serial",
        hint: "users.do.assign.serial.hint",
        kind: "search",
        required: true,
        maxLength: 40,
        suggest: suggestSerials,
      },
      { name: "pin", label: "users.do.assign.pin", hint: "users.do.assign.pin.hint", kind: "secret", maxLength: 4096 },
    ],
    async perform(user, { serial = "", pin }) {
      await call("tokenAssign", { ...who(user), serial: serial.trim(), pin: pin || undefined });
      return undefined;
    },
    done: "users.do.assign.done",
  },
  {
    id: "resetAll",
    label: "users.do.reset",
    icon: "reset",
    right: "reset",
    bulk: true,
    question: "users.do.reset.question",
    perform: async (user) => changed((await call("tokenReset", who(user))).value),
    done: "users.do.done",
  },
  {
    id: "enableAll",
    label: "users.do.enable",
    icon: "power",
    right: "enable",
    bulk: true,
    question: "users.do.enable.question",
    perform: async (user) => changed((await call("tokenEnable", who(user))).value),
    done: "users.do.done",
  },
  {
    id: "disableAll",
    label: "users.do.disable",
    icon: "powerOff",
    right: "disable",
    danger: true,
    bulk: true,
    question: "users.do.disable.question",
    perform: async (user) => changed((await call("tokenDisable", who(user))).value),
    done: "users.do.done",
  },
  {
    id: "endSessions",
    label: "users.do.sessions",
    icon: "logOut",
    right: "endsessions",
    danger: true,
    bulk: true,
    question: "users.do.sessions.question",
    async perform(user) {
      await call("authLogoutOther", who(user));
      return undefined;
    },
    done: "users.do.sessions.done",
  },
];
