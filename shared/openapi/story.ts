// The examples of the OpenAPI document: calls with their answers, in an order in which they work on a fresh server, from the first
// log-in to the clearing up. test/openapi-story.test.ts plays them against one.
import type { Catalogue, EndpointName } from "../catalogue.ts";
import type { Method, ParamsOf } from "../endpoint.ts";
import { uiDefaults } from "../endpoints/auth.ts";
import { tokenTypes } from "../token-types.ts";

export interface Example {
  endpoint: EndpointName;
  title: string;
  params: Record<string, unknown>;
  /** result.value */
  value: unknown;
  detail?: Record<string, unknown>;
  method?: Method;
}

function tell<Name extends EndpointName>(
  endpoint: Name,
  title: string,
  params: Partial<ParamsOf<Catalogue[Name]>> & Record<string, unknown>,
  value: unknown,
  detail?: Record<string, unknown>,
): Example {
  return { endpoint, title, params, value, ...(detail ? { detail } : {}) };
}

/** The seed of RFC 4226 appendix D, so that its values are known. */
const SEED = "3132333435363738393031323334353637383930";
const IMAGE = "data:image/png;base64,iVBORw0KGgo…";
const alices = { user: "alice", realm: "home" };
const people = [{ name: "people", type: "passwdresolver", priority: null }];
const homeRealm = { id: 1, option: "", default: true, resolver: people };
const serial = "OATH0001A2B3";

const titles = Object.fromEntries(Object.values(tokenTypes).map(({ kind, title }) => [kind, title]));

const token = {
  id: 1,
  serial,
  tokentype: "hotp",
  description: "key ring of the front desk",
  active: true,
  revoked: false,
  locked: false,
  failcount: 0,
  maxfail: 10,
  otplen: 6,
  count: 1,
  count_window: 10,
  sync_window: 1000,
  rollout_state: "",
  username: "alice",
  user_id: "1001",
  user_realm: "home",
  user_editable: false,
  resolver: "people",
  realms: ["home"],
  tokengroup: [],
  info: {
    tokenkind: "software",
    hashlib: "sha1",
    count_auth: "2",
    count_auth_success: "1",
    last_auth: "2026-11-25T08:12:30.123Z",
  },
};

export const story: readonly Example[] = [
  tell(
    "authLogin",
    "An administrator logs in",
    { username: "admin", password: "correct horse battery staple" },
    {
      ...uiDefaults,
      token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6ImFkbWluIn0.c2lnbmF0dXJl",
      role: "admin",
      username: "admin",
      realm: "",
      log_level: 20,
      rights: ["assign", "configwrite", "enable", "enrollHOTP"],
      menus: [],
    },
  ),
  tell("authRights", "Token types an administrator may enrol", {}, titles),

  tell(
    "resolverSet",
    "Users come from a file in passwd format",
    { resolver: "people", type: "passwdresolver", Filename: "/srv/ostiary/users/passwd" },
    1,
  ),
  tell(
    "resolverList",
    "All user sources",
    {},
    {
      people: {
        type: "passwdresolver",
        resolvername: "people",
        censor_keys: [],
        data: { Filename: "/srv/ostiary/users/passwd" },
      },
    },
  ),
  tell("realmSet", "A realm of one source", { realm: "home", resolvers: ["people"] }, { added: ["people"], failed: [] }),
  tell("realmList", "The first realm is the default one", {}, { home: homeRealm }),
  tell("defaultRealmGet", "The default realm", {}, { home: homeRealm }),
  tell("userList", "Everybody whose name begins with al", { realm: "home", username: "al*" }, [
    {
      username: "alice",
      userid: "1001",
      resolver: "people",
      editable: false,
      givenname: "Alice",
      surname: "Adams",
      email: "",
      phone: "",
      mobile: "",
      description: "Alice Adams",
    },
  ]),

  tell(
    "tokenInit",
    "A counting token with a known seed",
    { type: "hotp", ...alices, pin: "secret", otpkey: SEED, serial, description: "key ring of the front desk" },
    true,
    {
      serial,
      rollout_state: "",
      otpkey: { description: "OTP seed", value: `seed://${SEED}`, img: IMAGE, value_b32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
      googleurl: {
        description: "URL for google Authenticator",
        value: `otpauth://hotp/${serial}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1&digits=6&issuer=privacyIDEA`,
        img: IMAGE,
      },
      oathurl: {
        description: "URL for OATH token",
        value: `oathtoken:///addToken?name=${serial}&lockdown=true&key=${SEED}`,
        img: IMAGE,
      },
    },
  ),
  tell("validateCheck", "PIN and value are right", { ...alices, pass: "secret755224" }, true, {
    message: "matching 1 tokens",
    serial,
    type: "hotp",
    otplen: 6,
  }),
  tell("validateCheck", "The same value once more", { ...alices, pass: "secret755224" }, false, {
    message: "wrong otp value. previous otp used again",
    serial,
    type: "hotp",
    otplen: 6,
  }),
  tell("validateCheck", "Nobody's PIN", { ...alices, pass: "guess755224" }, false, { message: "wrong otp pin" }),
  tell("tokenReset", "Fail counters of all tokens of a user", alices, 1),
  tell(
    "tokenList",
    "Tokens of a user, the first page",
    { ...alices, page: 1, pagesize: 15 },
    { tokens: [token], count: 1, current: 1, prev: null, next: null },
  ),
  tell(
    "overviewTokens",
    "How many there are",
    {},
    { count: 1, types: [{ type: "hotp", count: 1 }], disabled: 0, exhausted: 0, revoked: 0, unassigned: 0 },
  ),
  tell("tokenResync", "Two values in a row", { serial, otp1: "359152", otp2: "969429" }, true),
  tell("tokenSetPin", "A new PIN", { serial, otppin: "geheim" }, 1),
  tell("tokenDescription", "Where it lies", { serial, description: "left drawer" }, 1),
  tell("tokenSet", "Two attributes", { serial, max_failcount: 5, validity_period_end: "2040-12-31T18:00+0100" }, 2),
  tell("tokenInfoSet", "A note", { serial, key: "room", value: "0.17" }, true),
  tell("tokenInfoSet", "A secret, sealed", { serial, key: "locker", value: "4711", type: "password" }, true),
  tell("tokenInfoDelete", "The note", { serial, key: "room" }, true),
  tell("groupSet", "A group", { groupname: "frontdesk", description: "at the front desk" }, 1),
  tell("groupList", "All groups", {}, { frontdesk: { id: 1, description: "at the front desk" } }),
  tell("tokenGroups", "In one group only", { serial, groups: ["frontdesk"] }, 1),
  tell("tokenGroupRemove", "Out of it", { serial, groupname: "frontdesk" }, 1),
  tell("tokenGroupAdd", "And back", { serial, groupname: "frontdesk" }, 1),
  tell("groupDelete", "The group, not its tokens", { groupname: "frontdesk" }, 1),
  tell("tokenRealms", "Clears all but the owner's", { serial, realms: [] }, true),
  tell("tokenGetSerial", "Whose value is this?", { otp: "338314" }, { serial, count: 1 }),
  tell("tokenGetSerial", "How many would be searched?", { otp: "338314", type: "hotp", count: true }, { serial: null, count: 1 }),
  tell("tokenDisable", "One token", { serial }, 1),
  tell("tokenEnable", "One token", { serial }, 1),
  tell("tokenUnassign", "One token", { serial }, 1),
  tell("tokenAssign", "To a user, with a PIN", { serial, ...alices, pin: "secret" }, true),
  tell("tokenDelete", "By its serial number", { serial }, 1),

  tell(
    "systemSetConfig",
    "Two settings, one of them public",
    { splitAtSign: "1", "helpdesk.phone": "+49 561 1234", "helpdesk.phone.type": "public" },
    { splitAtSign: "insert", "helpdesk.phone": "insert" },
  ),
  tell("systemGet", "One setting", { key: "helpdesk.phone" }, "+49 561 1234"),
  tell("systemSetDefault", "Ten tries for new tokens", { DefaultMaxFailCount: 10 }, { DefaultMaxFailCount: "insert" }),
  tell("systemDelete", "Forget one", { key: "helpdesk.phone" }, true),
  tell("systemRandom", "Twenty bytes in hex", { len: 20 }, "8d2f6a0c35b1e97f4402d8c6a1f05b7e93cc1d24"),
  tell("systemTestTokenType", "Nothing to try", { tokentype: "hotp" }, false, {
    message: "The token type hotp has nothing to try out.",
  }),
  tell("hsmGet", "It is open", {}, { is_ready: true }),
  tell("jobList", "Nothing runs", {}, []),

  tell("defaultRealmDelete", "No default realm any more", {}, 1),
  tell("defaultRealmSet", "The default realm", { realm: "home" }, 1),
  tell("realmDelete", "By its name", { realm: "home" }, 1),
  tell("resolverDelete", "By its name", { resolver: "people" }, 1),
];
