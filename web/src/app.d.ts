import type { Site } from "../server/site.ts";
import type { SiteCall } from "./lib/server/engine.ts";
import type { Session } from "./lib/server/session.ts";
import type { Language } from "./lib/text/languages.ts";

interface SessionView extends Pick<Session, "role" | "username" | "realm" | "rights" | "expiresAt"> {
  idleMs: number;
}

declare global {
  namespace App {
    interface Platform {
      site: Site;
    }
    interface Locals {
      site: Site;
      session: Session | null;
      /** Calls the engine in the name of the session. It throws what createEngineCall throws. */
      engine: SiteCall;
      /** The same for `load`: a refusal becomes the error page, or the log-in page when the session is over. */
      call: SiteCall;
      lang: Language;
      theme: "system" | "light" | "dark";
    }
    interface PageData {
      lang: Language;
      theme: "system" | "light" | "dark";
      /** What the operator made his own; addresses without the path of the site, snippets clean. */
      custom: { logo: string | null; theme: string | null; menu: string; footer: string; texts: Record<string, string> };
      /** What a page may know of the session. */
      session: SessionView | null;
      /** Name of what the page shows, for the end of the breadcrumbs. */
      trail?: string;
    }
    interface Error {
      message: string;
      /** Number of the engine's error table. */
      code?: number;
    }
  }
}
