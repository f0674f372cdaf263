import { useState } from "preact/hooks";
import type { Translator } from "../i18n";
import type { EncoderChoice } from "../types";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";

function encoderText(t: Translator, encoder: EncoderChoice): string {
  if (!encoder.installed) return t("ui.encoder_missing", { label: encoder.label });
  if (encoder.ready) return t("ui.encoder_ready", { label: encoder.label });
  return encoder.download_mb === null
    ? encoder.label
    : t("ui.encoder_download", { label: encoder.label, mb: Math.round(encoder.download_mb) });
}

/** Which encoder, and the button that computes vectors with it. */
export function EmbedControls() {
  const view = useView();
  const t = useT();
  const encoders = useShared((state) => state.info.encoders);
  const busy = useShared((state) => state.job !== null);
  const usable = encoders.filter((encoder) => encoder.installed);
  const [chosen, setChosen] = useState<string | null>(null);
  const spec = chosen ?? (usable[0] ?? encoders[0])?.spec ?? null;
  return (
    <span class="embed-controls">
      {encoders.length > 0 ? (
        <select
          name="encoder"
          aria-label={t("ui.encoder")}
          value={spec ?? ""}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {encoders.map((encoder) => (
            <option key={encoder.spec} value={encoder.spec} disabled={!encoder.installed}>
              {encoderText(t, encoder)}
            </option>
          ))}
        </select>
      ) : null}
      <button
        type="button"
        class="primary"
        data-testid="embed"
        disabled={busy}
        onClick={() => void view.ask("embed", { spec })}
      >
        {t("ui.compute_vectors")}
      </button>
    </span>
  );
}

/** Images that came after the vectors: one line, one button, and it can be closed. */
export function VectorsLine() {
  const view = useView();
  const t = useT();
  const info = useShared((state) => state.info);
  const busy = useShared((state) => state.job !== null);
  const embedding = useShared((state) => state.job?.kind === "embed");
  const dismissed = useLocal((state) => state.vectorsDismissed);
  const n = info.without_vector;
  const { vec_encoder: spec } = info;
  if (!info.has_vectors || n === 0 || n === dismissed || embedding) return null;
  return (
    <div class="vectors-line" role="status" data-testid="vectors-missing">
      <span>{t("ui.vectors_missing", { n, rows: info.rows })}</span>
      {spec ? (
        <button
          type="button"
          data-testid="embed-missing"
          disabled={busy}
          onClick={(event) => event.detail < 2 && void view.ask("embed", { spec })}
        >
          {t("ui.compute_missing")}
        </button>
      ) : null}
      <button
        type="button"
        class="icon-button small"
        title={t("ui.close")}
        aria-label={t("ui.close")}
        onClick={() => view.state.set({ vectorsDismissed: n })}
      >
        <Icon name="close" size={12} />
      </button>
    </div>
  );
}

/** Without vectors nothing can be clustered: say so, and offer the way out. */
export function EmbedPanel() {
  const t = useT();
  const missing = useShared((state) => !state.info.has_vectors && state.info.rows > 0);
  const running = useShared((state) => state.job?.kind === "embed");
  if (!missing || running) return null;
  return (
    <div class="embed-panel" data-testid="embed-panel">
      <Icon name="split" size={22} />
      <div>
        <b>{t("ui.no_vectors")}</b>
        <p>{t("ui.no_vectors_help")}</p>
        <EmbedControls />
      </div>
    </div>
  );
}
