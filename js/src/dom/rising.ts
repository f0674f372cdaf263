/** Which of some places, in their new order, need not move: the longest run that still rises. */
export function rising(places: readonly number[]): Set<number> {
  /** Of the runs of each length, where the one ends that ends lowest. */
  const ends: number[] = [];
  const before: number[] = [];
  places.forEach((place, i) => {
    if (place < 0) return; // it stood nowhere
    let longer = ends.length;
    while (longer > 0 && (places[ends[longer - 1] as number] as number) > place) longer -= 1;
    before[i] = ends[longer - 1] ?? -1;
    ends[longer] = i;
  });
  const run = new Set<number>();
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i] as number) run.add(i);
  return run;
}
