/** How a running job is told: how far, how fast, how long still. */
import type { Job } from "./types";

/** Between 0 and 1, or null when the end is not known. */
export function fraction({ done, total }: Job): number | null {
  return total ? Math.min(1, done / total) : null;
}

export function secondsLeft({ done, total, rate }: Job): number | null {
  return total && rate && done ? Math.max(0, (total - done) / rate) : null;
}

/** "4 s", "2 min", "1 h 05 min": as coarse as a guess deserves. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
