import { useState } from "../dom/hooks";
import { goTo } from "../edits";
import type { Translator } from "../i18n";
import { useBusy, useShared, useT, useView } from "./hooks";
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
    id: `step-${at}`,
    label,
    detail,
    checked: at === position,
    faint: at > position,
    run: () => void goTo(view, at),
  });
  const listed = steps.map(({ position: at, name, about, images }) => {
    const n = images ? `${t("ui.images", { n: images })} ` : "";
    return entry(at, stepName(t, name), n + about || t("kinds.root"));
  });
  return [...listed.reverse(), entry(0, t("ui.beginning"))];
}

export function UndoRedo() {
  const view = useView();
  const t = useT();
  const history = useShared((state) => state.history);
  const busy = useBusy();
  const items = useSteps();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <span class="button-group">
      {(["undo", "redo"] as const).map((name) => {
        const step = history[name];
        return (
          <IconButton
            key={name}
            icon={name}
            label={step ? t(`ui.${name}_step`, { step: stepName(t, step) }) : t(`ui.${name}`)}
            keyName={name === "undo" ? "Ctrl+Z" : "Ctrl+Y"}
            testId={name}
            disabled={busy || step === null}
            onClick={() => void view.ask(name)}
          />
        );
      })}
      <IconButton
        icon="caret"
        size={12}
        label={t("ui.history")}
        class="icon-button arrow"
        testId="history"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        disabled={busy || (history.undo === null && history.redo === null)}
        onClick={(event) => setAnchor(event.currentTarget)}
      />
      {anchor && (
        <Menu
          anchor={anchor}
          label={t("ui.history")}
          items={items}
          onClose={() => setAnchor(null)}
        />
      )}
    </span>
  );
}
