import type { Translator } from "../i18n";
import { durationText, secondsLeft } from "../jobs";
import type { Job, Level } from "../types";
import { EmbedControls } from "./EmbedPanel";
import { useLocal, useSelect, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { Progress } from "./Progress";

function jobTitle(t: Translator, job: Job): string {
  const own = t.or(`functions.${job.title}.title`, "");
  if (own) return own;
  return t.language === "en" && job.title ? job.title : t(`jobs.${job.kind}`);
}

function jobNumbers(t: Translator, job: Job): string {
  const { done, total, rate } = job;
  const left = secondsLeft(job);
  return [
    total
      ? t("ui.progress", { done: t.number(done), total: t.number(total) })
      : done && t.number(done),
    rate && t("ui.rate", { rate: t.number(rate < 10 ? rate : Math.round(rate)) }),
    left && t("ui.left", { time: durationText(left) }),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** A running job: how far, how fast, how long still, and the way out. */
export function JobBar() {
  const t = useT();
  const job = useShared((state) => state.job);
  if (!job) return null;
  const title = jobTitle(t, job);
  const text = t.or(`jobs.text.${job.text}`, job.text);
  return (
    <div class="job" data-testid="job">
      <span class="job-title">
        <b>{title}</b>
        {text && text !== title && <span class="muted">{text}</span>}
      </span>
      <Progress job={job} label={title} cancelId="cancel">
        <span class="job-numbers">{jobNumbers(t, job)}</span>
      </Progress>
    </div>
  );
}

interface BannerProps {
  level: Level;
  text: string;
  detail?: string | null;
  embed?: boolean;
  onClose(): void;
}

function Banner({ level, text, detail, embed, onClose }: BannerProps) {
  const t = useT();
  return (
    <div
      class={`message message-${level}`}
      role={level === "error" ? "alert" : "status"}
      data-testid="message"
    >
      <Icon name={level} />
      <div class="message-body">
        <span>
          <b>{t(`ui.level_${level}`)}</b> {text}
        </span>
        {embed && <EmbedControls />}
        {detail && (
          <details>
            <summary>{t("ui.details")}</summary>
            <pre>{detail}</pre>
          </details>
        )}
      </div>
      <IconButton icon="close" label={t("ui.close")} size={12} small onClick={onClose} />
    </div>
  );
}

/** One thing at a time: what this view was answered, else the kernel's message. */
export function MessageBar() {
  const view = useView();
  const t = useT();
  const message = useShared((state) => state.message);
  const hasVectors = useShared((state) => state.info.has_vectors);
  const notice = useLocal((state) => state.notice);
  const dismissed = useLocal((state) => state.dismissed);
  if (notice) {
    return <Banner {...notice} onClose={() => view.viewState.set({ notice: null })} />;
  }
  if (!message || message.id === dismissed) return null;
  return (
    <Banner
      level={message.level}
      text={t.error(message)}
      detail={message.detail}
      embed={message.action === "embed" && hasVectors}
      onClose={view.dismiss}
    />
  );
}

export function KernelGone() {
  const t = useT();
  const cell = useShared((state) => state.cell);
  const { silent, closed } = useSelect(useView().session.rpc.status, (status) => status);
  return silent || closed ? (
    <div class="kernel-gone" role="status" data-testid="kernel-gone">
      {closed ? t.error(closed) : t(cell ? "ui.kernel_gone_cell" : "ui.kernel_gone", { cell })}
    </div>
  ) : null;
}
