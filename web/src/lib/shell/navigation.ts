// The main navigation, as data: a page of the first level is a line here. Shown only to who has the right.
import type { MessageKey } from "../text/text.ts";
import type { IconName } from "../ui/icons.ts";

export interface NavigationItem {
  /** Path without the base, and route of the page. */
  path: string;
  label: MessageKey;
  icon: IconName;
  right?: string;
}

export interface NavigationGroup {
  label?: MessageKey;
  items: readonly NavigationItem[];
}

export const adminNavigation: readonly NavigationGroup[] = [
  {
    items: [
      { path: "/dashboard", label: "nav.dashboard", icon: "dashboard" },
      { path: "/tokens", label: "nav.tokens", icon: "token", right: "tokenlist" },
      { path: "/audit", label: "nav.audit", icon: "audit", right: "auditlog" },
    ],
  },
  {
    label: "nav.group.identities",
    items: [
      { path: "/users", label: "nav.users", icon: "users", right: "userlist" },
      { path: "/realms", label: "nav.realms", icon: "realm", right: "resolverread" },
      { path: "/resolvers", label: "nav.resolvers", icon: "source", right: "resolverread" },
    ],
  },
  {
    label: "nav.group.system",
    items: [
      { path: "/settings", label: "nav.settings", icon: "settings", right: "configwrite" },
      { path: "/groups", label: "nav.groups", icon: "group", right: "tokengroup_list" },
      { path: "/admins", label: "nav.admins", icon: "admin", right: "adminread" },
      { path: "/apikeys", label: "nav.keys", icon: "apiKey", right: "apikeyread" },
      { path: "/keyring", label: "nav.keyring", icon: "lock", right: "keyread" },
      { path: "/clients", label: "nav.clients", icon: "monitor", right: "clienttype" },
    ],
  },
];

export const selfNavigation: readonly NavigationGroup[] = [{ items: [{ path: "/my", label: "my.title", icon: "token" }] }];
