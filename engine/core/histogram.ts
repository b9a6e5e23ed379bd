// A histogram with fixed bounds, as OpenMetrics has them. Our own: observe() of a metrics library costs about a microsecond a call
// with labels, and a login has seven of them; this one costs an array increment.

export interface Histogram {
  /** Upper bounds of the buckets in seconds, rising; one more bucket takes what is above them all. */
  readonly bounds: readonly number[];
  readonly buckets: Float64Array;
  sum: number;
  count: number;
}

export function createHistogram(bounds: readonly number[]): Histogram {
  return { bounds, buckets: new Float64Array(bounds.length + 1), sum: 0, count: 0 };
}

export function observe(histogram: Histogram, seconds: number): void {
  const { bounds, buckets } = histogram;
  let bucket = 0;
  while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++;
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  histogram.sum += seconds;
  histogram.count++;
}
