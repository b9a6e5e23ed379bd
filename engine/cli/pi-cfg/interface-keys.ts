// Keys of a pi.cfg that concern the web site, languages, and services that tokens and events use.
import { languages } from "@ostiary/shared/messages/language.ts";
import type { PythonValue } from "../../core/python-literals.ts";
import { type Converted, elsewhere, later, nothing, type OldKey, textSetting } from "./old-key.ts";

const SITE = "The web site is to come; it is a program of its own beside this server.";
const MAIL = "E-mail tokens are to come.";
const SMS = "SMS tokens are to come.";
const EVENTS = "Event handlers are to come.";

/** A27 */
function convertLanguages(value: PythonValue): Converted | undefined {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) return undefined;
  const ours: readonly string[] = languages;
  const spoken = value.filter((language) => ours.includes(language));
  const missing = value.filter((language) => !ours.includes(language));
  const warning =
    missing.length === 0
      ? {}
      : { warning: `${missing.length} of the languages are not spoken here; there are ${ours.join(", ")}.` };
  return { set: spoken.length === 0 ? {} : { "messages.languages": spoken }, ...warning };
}

export const interfaceKeys: Record<string, OldKey> = {
  PI_CSS: {
    id: "A22",
    value: "address",
    became: elsewhere("theme.css in `web.customization`"),
    why: "It sets variables of the design and nothing else (docs/site.md): a style sheet of another site fits no page of this one.",
  },
  PI_UI_DEACTIVATED: {
    id: "A23",
    value: "flag",
    became: nothing,
    why: "This server has no pages. The web site will be a program of its own: who does not want it does not start it.",
  },
  PI_PREFERRED_LANGUAGE: {
    id: "A27",
    value: "list",
    became: { kind: "setting", settings: ["messages.languages"], convert: convertLanguages },
    why: "The first is for clients that ask for none of them. Languages that Ostiary does not speak are left out.",
  },
  PI_TRANSLATION_WARNING: {
    id: "A29",
    value: "text",
    became: nothing,
    why: "The compiler refuses a text that has no translation.",
  },
  PI_INDEX_HTML: { id: "A39", value: "path", became: later, why: SITE },
  PI_STATIC_FOLDER: { id: "A40", value: "path", became: later, why: SITE },
  PI_TEMPLATE_FOLDER: { id: "A41", value: "path", became: later, why: SITE },
  PI_CUSTOMIZATION: {
    id: "A59",
    value: "text",
    became: elsewhere("the directory `web.customization`"),
    why: "The snippets of the wizard keep their names; they are made harmless when the site starts (docs/site.md).",
  },
  PI_LOGO: {
    id: "A72",
    value: "path",
    became: elsewhere("logo.svg, logo.png or logo.webp in `web.customization`"),
    why: "Copy the picture there.",
  },
  PI_PAGE_TITLE: { id: "A73", value: "text", became: textSetting("web.title"), why: "The name of the product on every page." },
  PI_LDAP_POOLING_LOOP_TIMEOUT: { id: "A57", value: "whole number", became: later, why: "LDAP user sources are to come." },
  PI_SCRIPT_SMSPROVIDER_DIRECTORY: { id: "A58", value: "path", became: later, why: SMS },
  "email.concurrent_challenges": { id: "A60", value: "flag", became: later, why: MAIL },
  "sms.concurrent_challenges": { id: "A61", value: "flag", became: later, why: SMS },
  PI_NOTIFICATION_HANDLER_SPOOLDIRECTORY: { id: "A68", value: "path", became: later, why: EVENTS },
  PI_SCRIPT_HANDLER_DIRECTORY: { id: "A69", value: "path", became: later, why: EVENTS },
  PI_JOB_QUEUE_CLASS: {
    id: "A70",
    value: "text",
    became: nothing,
    why: "Work that takes long runs inside the server (`GET /job/`) and needs no queue beside it.",
  },
  PI_JOB_QUEUE_URL: { id: "A71", value: "address", became: nothing, why: "See `PI_JOB_QUEUE_CLASS`." },
};
