// The settings of the site; docs/site.md is the page to them.
import { define } from "./setting.ts";
import { addressKind, cidrKind, integerKind, type Kind, listKind, optionalPathKind, textKind } from "./setting-kinds.ts";
import { realmKind } from "./setting-kinds-access.ts";

/** An http or https address without anything behind its path; or nothing. */
function optionalUrlKind(allowed: string): Kind<string> {
  return {
    allowed,
    parse: (raw) => {
      if (raw === "") return "";
      const url = typeof raw === "string" ? URL.parse(raw) : null;
      const isPlain =
        url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
      return isPlain ? url.href.replace(/\/+$/, "") : undefined;
    },
  };
}

const address = addressKind();

export const webSettings = {
  "web.listen": define({
    kind: {
      allowed: `off, or ${address.allowed}`,
      parse: (raw) => (raw === "off" || raw === false ? null : address.parse(raw)),
    },
    default: "127.0.0.1:8081",
    flag: "--web-listen",
    help: "Address and port of the site for people. It speaks HTTP, so leave it on a loopback address and put a TLS proxy before it (docs/site.md). Off: `ostiary serve` starts no site.",
  }),
  "web.url": define({
    kind: optionalUrlKind("an address such as https://mfa.example.com or https://example.com/mfa, or nothing"),
    default: "",
    help: "Address that people type, where a proxy stands before the site. https makes cookies Secure; a path puts the site below it. Calls from pages of any other origin are refused. Empty: people reach web.listen itself.",
  }),
  "web.proxies": define({
    kind: listKind(cidrKind()),
    default: [],
    help: "Proxies before the site whose X-Forwarded-For counts. The site tells the engine the client's address; OverrideAuthorizationClient has to trust the site for it to count there.",
  }),
  "web.engine": define({
    kind: optionalUrlKind("an address such as https://mfa.example.com:8443, or nothing"),
    default: "",
    flag: "--engine",
    help: "Address of the engine for `ostiary web`. Empty: server.listen of these settings. `ostiary serve` always takes its own.",
  }),
  "web.idle_minutes": define({
    kind: integerKind(1, 1440),
    default: 15,
    help: "A session at the site ends after so many minutes without anything done in it; after an hour it ends in any case.",
  }),
  "web.title": define({
    kind: textKind("up to 60 characters, or nothing", /^\P{Cc}{0,60}$/u),
    default: "",
    help: "Name of the product on every page, in place of Ostiary.",
  }),
  "web.customization": define({
    kind: optionalPathKind(),
    path: true,
    default: "",
    help: "Directory with what makes the site yours: logo, theme, texts, menu, footer, snippets of the wizard (docs/site.md). Read when the site starts.",
  }),
  "web.realms": define({
    kind: listKind(realmKind()),
    default: [],
    help: "Realms that the log-in page offers; it shows them to everybody. Empty: people type name@realm where theirs is not the default one.",
  }),
};
