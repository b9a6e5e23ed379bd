import type { Session } from "./session.ts";

/** Where somebody begins who asked for no page. */
export const startPage = ({ role }: Pick<Session, "role">): string => (role === "admin" ? "/dashboard" : "/my");
