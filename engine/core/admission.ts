// How many requests are at work at once. Beyond that everybody only waits longer and nobody gets done sooner, so one more is
// refused while it has cost next to nothing: nothing of it was read, looked up or written.
//
//   enter: working < most --> working --- rest ---> resting (a timer, a body on its way: costs no processor)
//                                 ^---------------------+
//                                 +--- leave
//
// Who rests gives his place away for the time and takes it again without asking: he is never refused in the middle.

export interface Admission {
  /** False: too many are at work. Who got true leaves once. */
  enter(): boolean;
  /** Counts one who was sent away. */
  refuse(): void;
  leave(): void;
  /** Waits for `wait` without a place. Only for one who has entered. */
  rest<T>(wait: Promise<T>): Promise<T>;
  readonly working: number;
  /** Since the start. */
  readonly refused: number;
}

/** @param most requests at work at once */
export function createAdmission(most: number): Admission {
  let entered = 0;
  let resting = 0;
  let refused = 0;
  return {
    enter() {
      if (entered - resting >= most) return false;
      entered++;
      return true;
    },
    refuse() {
      refused++;
    },
    leave() {
      entered--;
    },
    async rest(wait) {
      resting++;
      try {
        return await wait;
      } finally {
        resting--;
      }
    },
    get working() {
      return entered - resting;
    },
    get refused() {
      return refused;
    },
  };
}
