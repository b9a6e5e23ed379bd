// What every page knows: language, theme, and of the session what a person may see of it. Never the JWT.
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = ({ locals, cookies }) => {
  const { lang, theme, session, site } = locals;
  return {
    lang,
    theme,
    custom: {
      logo: site.custom.logo,
      theme: site.custom.theme,
      menu: site.custom.snippet("menu", lang),
      footer: site.custom.snippet("footer", lang),
      texts: site.custom.texts(lang),
    },
    timeZone: readTimeZone(cookies.get("tz")),
    session: session && {
      role: session.role,
      username: session.username,
      realm: session.realm,
      rights: session.rights,
      idleMs: site.idleMs,
      expiresAt: session.expiresAt,
    },
  };
};

/** The browser tells it by a cookie (shell/time-zone.ts), so that server and browser write the same times. */
function readTimeZone(name: string | undefined): string | undefined {
  if (!name || name.length > 64) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
