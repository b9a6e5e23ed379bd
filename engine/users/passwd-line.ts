// One line of a passwd file (passwd(5)), cut up when it is asked for.

export interface PasswdEntry {
  login: string;
  /** Field 2 as it stands (E102: no shadow file). */
  hash: string;
  userId: string;
  attributes: Record<string, string>;
}

/** What the index tells of a line without cutting it up. */
export interface PasswdLine {
  login: string;
  userId: string;
  text: string;
}

/**
 * GECOS as chfn(1) writes it: full name, room, work phone, home phone, other. The last three are phone, mobile and email here; the first
 * word of the name is the given name, the rest the surname.
 */
export function readEntry(text: string): PasswdEntry {
  const [login = "", hash = "", id = "", , gecos = ""] = text.trimEnd().split(":");
  const userId = id.trimEnd();
  const [fullName = "", , phone = "", mobile = "", email = ""] = gecos.split(",").map((part) => part.trim());
  const space = fullName.indexOf(" ");
  return {
    login,
    hash,
    userId,
    attributes: {
      username: login,
      userid: userId,
      description: gecos,
      givenname: space < 0 ? fullName : fullName.slice(0, space),
      surname: space < 0 ? "" : fullName.slice(space + 1).trim(),
      phone,
      mobile,
      email,
    },
  };
}
