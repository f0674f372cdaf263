import { useRef, useState } from "preact/hooks";
import type { Translator } from "../i18n";
import { CreateButton } from "./CreateButton";
import { useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";
import { Popover } from "./Popover";

/** The kernel names a step after its function or method. */
function stepName(t: Translator, name: string): string {
  return t.or(`steps.${name}`, t.or(`functions.${name}.title`, name));
}

function UndoRedo() {
  const view = useView();
  const t = useT();
  const history = useShared((state) => state.history);
  return (
    <span class="button-group">
      {(["undo", "redo"] as const).map((name) => {
        const step = history[name];
        const label = step ? t(`ui.${name}_step`, { step: stepName(t, step) }) : t(`ui.${name}`);
        return (
          <button
            key={name}
            type="button"
            class="icon-button"
            data-testid={name}
            title={label}
            aria-label={label}
            disabled={step === null}
            onClick={() => void view.ask(name)}
          >
            <Icon name={name} />
          </button>
        );
      })}
    </span>
  );
}

function SaveButton() {
  const view = useView();
  const t = useT();
  const root = useShared((state) => state.tree.root);
  const [open, setOpen] = useState(false);
  const group = useRef<HTMLSpanElement>(null);
  const id = root?.id ?? 0;
  const disabled = !root?.split;
  const save = (leavesOnly: boolean): void => {
    setOpen(false);
    void view.save(id, leavesOnly);
  };
  return (
    <span class="split-button" ref={group}>
      <button
        type="button"
        class="main-part"
        data-testid="save-clustering"
        title={t("ui.save_help")}
        disabled={disabled}
        onClick={() => save(false)}
      >
        <Icon name="save" />
        <span>{t("ui.save")}</span>
      </button>
      <button
        type="button"
        class="arrow-part"
        data-testid="save-options"
        title={t("ui.save_options")}
        aria-label={t("ui.save_options")}
        aria-haspopup="dialog"
        disabled={disabled}
        onClick={() => setOpen(true)}
      >
        <Icon name="caret" size={12} />
      </button>
      {open && group.current ? (
        <Popover anchor={group.current} label={t("ui.save_options")} onClose={() => setOpen(false)}>
          <div class="menu">
            <button type="button" onClick={() => save(false)}>
              <b>{t("ui.save_paths")}</b>
              <small>{t("ui.save_paths_help")}</small>
            </button>
            <button type="button" data-testid="save-leaves" onClick={() => save(true)}>
              <b>{t("ui.save_leaves")}</b>
              <small>{t("ui.save_leaves_help")}</small>
            </button>
          </div>
        </Popover>
      ) : null}
    </span>
  );
}

function SelectionCount() {
  const view = useView();
  const t = useT();
  const n = useShared((state) => state.selected.length);
  return (
    <span class="selection-count" role="status" data-testid="selection-count">
      {n > 0 ? (
        <>
          <b>{t("ui.selected", { n })}</b>
          <button
            type="button"
            class="icon-button small"
            title={t("ui.clear_selection")}
            aria-label={t("ui.clear_selection")}
            onClick={() => view.clearSelection()}
          >
            <Icon name="close" size={12} />
          </button>
        </>
      ) : null}
    </span>
  );
}

export function Toolbar() {
  const t = useT();
  const info = useShared((state) => state.info);
  const active = useShared((state) => state.active);
  const images = t("ui.images", { n: info.rows });
  return (
    <div class="toolbar" role="toolbar" aria-label={t("ui.toolbar")}>
      <span class="project" title={info.name}>
        <b>{info.name}</b>
        <span class="muted">{images}</span>
        {info.skipped > 0 ? (
          <span class="muted" title={t("ui.skipped_help")}>
            {t("ui.skipped", { n: info.skipped })}
          </span>
        ) : null}
      </span>
      <UndoRedo />
      <CreateButton node={active} />
      <SaveButton />
      <SelectionCount />
    </div>
  );
}
