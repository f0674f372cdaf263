import type { ComponentChildren } from "preact";
import { fraction } from "../jobs";
import type { Job } from "../types";
import { useT, useView } from "./hooks";

interface Props {
  job: Job;
  label: string;
  cancelId: string;
  /** Stands between the bar and the button. */
  children?: ComponentChildren;
}

/** How far a job is, and the button that stops it. */
export function Progress({ job, label, cancelId, children }: Props) {
  const view = useView();
  const t = useT();
  const part = fraction(job);
  const percent = part === null ? undefined : part * 100;
  return (
    <>
      <div
        class={part === null ? "progress unknown" : "progress"}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent && Math.round(percent)}
      >
        <div style={{ width: part === null ? undefined : `${percent}%` }} />
      </div>
      {children}
      <button
        type="button"
        data-testid={cancelId}
        disabled={job.cancelling}
        onClick={() => void view.ask("cancel")}
      >
        {t(job.cancelling ? "ui.cancelling" : "ui.cancel")}
      </button>
    </>
  );
}
