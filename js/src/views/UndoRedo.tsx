import { useState } from "preact/hooks";
import { goTo } from "../edits";
import type { Translator } from "../i18n";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Menu, type MenuItem } from "./Menu";

/** The kernel names a step after its function or method. */
function stepName(t: Translator, name: string): string {
  return t.or(`steps.${name}`, t.or(`functions.${name}.title`, name));
}

/** All steps, the last first: what is above the present one was undone. */
function useSteps(): MenuItem[] {
  const view = useView();
  const t = useT();
  const { steps = [], position = 0 } = useShared((state) => state.history);
  const entry = (at: number, label: string, detail?: string): MenuItem => ({
    ...{ id: `step-${at}`, label, detail, checked: at === position, faint: at > position },
    run: () => void goTo(view, at),
  });
  const listed = steps.map(({ position: at, name, about, images }) => {
    const n = images ? `${t("ui.images", { n: images })} ` : "";
    return entry(at, stepName(t, name), n + about || t("kinds.root"));
  });
  return [...listed.reverse(), entry(0, t("ui.beginning"))];
}

function HistoryButton() {
  const t = useT();
  const busy = useShared((state) => state.job !== null);
  const none = useShared((state) => state.history.undo === null && state.history.redo === null);
  const items = useSteps();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <IconButton
        icon="caret"
        size={12}
        label={t("ui.history")}
        class="icon-button arrow"
        data-testid="history"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        disabled={busy || none}
        onClick={(event) => setAnchor(event.currentTarget)}
      />
      {anchor ? (
        <Menu
          anchor={anchor}
          label={t("ui.history")}
          items={items}
          onClose={() => setAnchor(null)}
        />
      ) : null}
    </>
  );
}

export function UndoRedo() {
  const view = useView();
  const t = useT();
  const history = useShared((state) => state.history);
  const busy = useShared((state) => state.job !== null);
  return (
    <span class="button-group">
      {(["undo", "redo"] as const).map((name) => {
        const step = history[name];
        const label = step ? t(`ui.${name}_step`, { step: stepName(t, step) }) : t(`ui.${name}`);
        const key = name === "undo" ? "Ctrl+Z" : "Ctrl+Y";
        return (
          <IconButton
            key={name}
            icon={name}
            label={label}
            title={t("ui.with_key", { label, key })}
            data-testid={name}
            disabled={busy || step === null}
            onClick={() => void view.ask(name)}
          />
        );
      })}
      <HistoryButton />
    </span>
  );
}
