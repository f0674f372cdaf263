/** The last index whose value is at most `value`, of the first `length`; 0 when there is none. */
export function lastAtMost(
  sorted: ArrayLike<number>,
  value: number,
  length = sorted.length,
): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
