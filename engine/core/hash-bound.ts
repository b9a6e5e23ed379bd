// The dearest Argon2 hash this server has to do with: memory in KiB times passes. 1 GiB once or 100 MiB ten times; the hashes
// of the reference (9 passes, up to 100 MiB) are below. Settings are held to it as well as what is checked: a server that made
// dearer hashes than it checks would lock everybody out.
export const MAX_HASH_WORK_KIB = 2 ** 20;
