export const tokens = {
  "tokens.title": "Tokens",
  "tokens.enrol": "Enrol a token",
};
