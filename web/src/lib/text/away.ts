/** The engine does not answer. Apart from the dictionaries: hooks.server.ts needs it before one is loaded. */
export const awayText = {
  en: "The server does not answer. Try again in a moment; if it stays so, an administrator has to look at it.",
  de: "Der Server antwortet nicht. Versuchen Sie es gleich noch einmal; bleibt es dabei, muss ein Administrator nachsehen.",
};
