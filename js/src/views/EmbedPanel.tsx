import { useState } from "../dom/hooks";
import { enteredIn } from "../events";
import type { Translator } from "../i18n";
import type { EncoderChoice } from "../types";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";

function encoderText(t: Translator, encoder: EncoderChoice): string {
  const { label, installed, ready, download_mb: mb } = encoder;
  if (installed && !ready && mb === null) return label;
  const state = installed ? (ready ? "ready" : "download") : "missing";
  return t(`ui.encoder_${state}`, { label, mb: Math.round(mb ?? 0) });
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
      {encoders.length > 0 && (
        <select
          name="encoder"
          aria-label={t("ui.encoder")}
          value={spec ?? ""}
          onChange={(event) => setChosen(enteredIn(event))}
        >
          {encoders.map((encoder) => (
            <option key={encoder.spec} value={encoder.spec} disabled={!encoder.installed}>
              {encoderText(t, encoder)}
            </option>
          ))}
        </select>
      )}
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
  const job = useShared((state) => state.job);
  const dismissed = useLocal((state) => state.vectorsDismissed);
  const { has_vectors, without_vector: n, vec_encoder: spec, rows } = info;
  if (!has_vectors || n === 0 || n === dismissed || job?.kind === "embed") return null;
  return (
    <div class="vectors-line" role="status" data-testid="vectors-missing">
      <span>{t("ui.vectors_missing", { n, rows })}</span>
      {spec && (
        <button
          type="button"
          data-testid="embed-missing"
          disabled={job !== null}
          onClick={(event) => event.detail < 2 && void view.ask("embed", { spec })}
        >
          {t("ui.compute_missing")}
        </button>
      )}
      <IconButton
        icon="close"
        label={t("ui.close")}
        size={12}
        small
        onClick={() => view.viewState.set({ vectorsDismissed: n })}
      />
    </div>
  );
}

/** Without vectors nothing can be clustered: say so, and offer the way out. */
export function EmbedPanel() {
  const t = useT();
  const shown = useShared(
    ({ info, job }) => !info.has_vectors && info.rows > 0 && job?.kind !== "embed",
  );
  if (!shown) return null;
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
