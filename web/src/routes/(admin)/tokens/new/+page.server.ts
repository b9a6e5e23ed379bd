import type { PageServerLoad } from "./$types";

/** A link may say for whom and of which type: /tokens/new?user=alice&realm=home&type=totp */
export const load: PageServerLoad = ({ url: { searchParams } }) => ({
  preset: {
    user: searchParams.get("user")?.slice(0, 320) ?? "",
    realm: searchParams.get("realm")?.slice(0, 255) ?? "",
    type: searchParams.get("type")?.slice(0, 30) ?? "",
  },
});
