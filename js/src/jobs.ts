/** How a running job is told: how far, how fast, how long still. */
import type { Job } from "./types";

/** Between 0 and 1, or null when the end is not known. */
export function fraction(job: Job): number | null {
  if (!job.total || job.total <= 0) return null;
  return Math.max(0, Math.min(1, job.done / job.total));
}

export function secondsLeft(job: Job): number | null {
  if (!job.total || !job.rate || job.rate <= 0 || job.done <= 0) return null;
  return Math.max(0, (job.total - job.done) / job.rate);
}

/** "4 s", "2 min", "1 h 05 min": as coarse as a guess deserves. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
