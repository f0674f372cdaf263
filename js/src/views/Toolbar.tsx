import { useState } from "../dom/hooks";
import { nodeName } from "../names";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { MoreButton } from "./MoreButton";
import { Popover } from "./Popover";
import { SelectionBar } from "./SelectionBar";
import { UndoRedo } from "./UndoRedo";

/** Two ways to save a node: by paths, and by leaves; it is named when it is not the whole tree. */
function SaveEntries(props: { node: TreeNode; onSave(node: number, leavesOnly: boolean): void }) {
  const { node, onSave } = props;
  const t = useT();
  const only = node.kind !== "root";
  return ["paths", "leaves"].map((way) => (
    <button
      key={way}
      type="button"
      data-testid={`save-${way}${only ? "-only" : ""}`}
      onClick={() => onSave(node.id, way === "leaves")}
    >
      <b>{t(only ? "ui.save_only" : `ui.save_${way}`, { name: nodeName(t, node) })}</b>
      <small>{t(`ui.save_${way}${only ? "" : "_help"}`)}</small>
    </button>
  ));
}

function SaveButton() {
  const view = useView();
  const t = useT();
  const root = useShared((state) => state.tree.root);
  const active = useShared((state) => state.tree.byId.get(state.active));
  const opened = useShared((state) => state.opened);
  const saving = useLocal((state) => state.saving);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = (): void => setAnchor(null);
  const disabled = saving || !root?.split;
  const save = (node: number, leavesOnly: boolean, update = false): void => {
    close();
    void view.save(node, leavesOnly, update);
  };
  return (
    <span class="split-button">
      <IconButton
        icon="save"
        class="main-part"
        label={t("ui.save")}
        help={t("ui.save_help")}
        testId="save-clustering"
        disabled={disabled}
        onClick={(event) => event.detail < 2 && save(root?.id ?? 0, false)}
      >
        <span>{t("ui.save")}</span>
      </IconButton>
      <IconButton
        icon="caret"
        size={12}
        class="arrow-part"
        label={t("ui.save_options")}
        testId="save-options"
        aria-haspopup="dialog"
        disabled={disabled}
        onClick={(event) => setAnchor(event.currentTarget.parentElement)}
      />
      {anchor && root && (
        <Popover anchor={anchor} label={t("ui.save_options")} onClose={close}>
          <div class="menu">
            {opened && (
              <button
                type="button"
                data-testid="save-update"
                onClick={() => save(root.id, false, true)}
              >
                <b>{t("ui.save_update", { name: opened })}</b>
                <small>{t("ui.save_update_help")}</small>
              </button>
            )}
            <SaveEntries node={root} onSave={save} />
            {active?.split && active !== root && <SaveEntries node={active} onSave={save} />}
          </div>
        </Popover>
      )}
    </span>
  );
}

function FullHeight() {
  const view = useView();
  const t = useT();
  const full = useShared((state) => state.height === "full");
  return (
    <IconButton
      icon="full"
      label={t(full ? "ui.full_height_leave" : "ui.full_height")}
      testId="full-height"
      aria-pressed={full}
      onClick={(event) => {
        view.session.setHeight(full ? "" : "full");
        event.currentTarget.closest(".panoptic-nb")?.scrollIntoView({ block: "nearest" });
      }}
    />
  );
}

export function Toolbar() {
  const t = useT();
  const info = useShared((state) => state.info);
  const active = useShared((state) => state.active);
  const n = info.rows;
  const images = info.part_of
    ? t("ui.images_of", { n, rows: t.number(n), total: t.number(info.part_of) })
    : t("ui.images", { n });
  return (
    <div class="toolbar" role="toolbar" aria-label={t("ui.toolbar")}>
      <span class="project" title={info.name}>
        <b>{info.name}</b>
        <span class="muted" data-testid="rows">
          {images}
        </span>
        {info.skipped > 0 && (
          <span class="muted" title={t("ui.skipped_help")}>
            {t("ui.skipped", { n: info.skipped })}
          </span>
        )}
      </span>
      <UndoRedo />
      <CreateButton node={active} />
      <SaveButton />
      <MoreButton />
      <SelectionBar />
      <FullHeight />
    </div>
  );
}
