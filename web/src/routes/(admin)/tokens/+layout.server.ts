import { tokenSurroundings } from "#lib/server/token-surroundings.ts";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = ({ locals }) => tokenSurroundings(locals);
