// How much of something scarce one caller may hold: half of what the others leave free, so that the next one always finds a place.

export interface Places {
  /** how many there are */
  limit: number;
  /** taken by everybody, the caller included */
  taken: number;
  /** taken by the caller */
  own: number;
}

/** Whether the caller may take one more. Of places that are free a caller without any gets one. */
export function mayTake({ limit, taken, own }: Places): boolean {
  if (taken >= limit) return false;
  return own < Math.max(1, Math.floor((limit - (taken - own)) / 2));
}
