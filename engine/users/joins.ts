// Equal questions at the same time are one piece of work: who asks what is being found out already waits for that answer.

export type Joins<Answer> = (
  question: string,
  isGone: () => boolean,
  find: (allGone: () => boolean) => Promise<Answer>,
) => Promise<Answer>;

// Cache. Key: the question. Bound: as many as are being answered, which the admission of requests bounds. Lifetime: until the answer.
/** `find` is told when nobody waits any more. */
export function createJoins<Answer>(): Joins<Answer> {
  const running = new Map<string, { answer: Promise<Answer>; askers: (() => boolean)[] }>();
  return (question, isGone, find) => {
    const known = running.get(question);
    if (known) {
      known.askers.push(isGone);
      return known.answer;
    }
    const askers = [isGone];
    const answer = find(() => askers.every((gone) => gone())).finally(() => running.delete(question));
    running.set(question, { answer, askers });
    return answer;
  };
}
