import { useRef, useState } from "preact/hooks";
import { nodeName } from "../names";
import type { TreeNode } from "../types";
import { CreateButton } from "./CreateButton";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { Popover } from "./Popover";
import { SelectionBar } from "./SelectionBar";
import { UndoRedo } from "./UndoRedo";

interface SaveEntryProps {
  node: TreeNode;
  /** Named, when it is not the whole tree. */
  only?: boolean;
  leaves?: boolean;
  onSave(node: number, leavesOnly: boolean): void;
}

function SaveEntry({ node, only = false, leaves = false, onSave }: SaveEntryProps) {
  const t = useT();
  const way = leaves ? "save_leaves" : "save_paths";
  return (
    <button
      type="button"
      data-testid={`${leaves ? "save-leaves" : "save-paths"}${only ? "-only" : ""}`}
      onClick={() => onSave(node.id, leaves)}
    >
      <b>{only ? t("ui.save_only", { name: nodeName(t, node) }) : t(`ui.${way}`)}</b>
      <small>{only ? t(`ui.${way}`) : t(`ui.${way}_help`)}</small>
    </button>
  );
}

function SaveButton() {
  const view = useView();
  const t = useT();
  const root = useShared((state) => state.tree.root);
  const active = useShared((state) => state.tree.byId.get(state.active));
  const saving = useLocal((state) => state.saving);
  const [open, setOpen] = useState(false);
  const group = useRef<HTMLSpanElement>(null);
  const id = root?.id ?? 0;
  const disabled = saving || !root?.split;
  const save = (node: number, leavesOnly: boolean): void => {
    setOpen(false);
    void view.save(node, leavesOnly);
  };
  return (
    <span class="split-button" ref={group}>
      <button
        type="button"
        class="main-part"
        data-testid="save-clustering"
        title={t("ui.save_help")}
        disabled={disabled}
        onClick={(event) => event.detail < 2 && save(id, false)}
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
      {open && root && group.current ? (
        <Popover anchor={group.current} label={t("ui.save_options")} onClose={() => setOpen(false)}>
          <div class="menu">
            <SaveEntry node={root} onSave={save} />
            <SaveEntry node={root} leaves onSave={save} />
            {active?.split && active.kind !== "root" ? (
              <>
                <SaveEntry node={active} only onSave={save} />
                <SaveEntry node={active} only leaves onSave={save} />
              </>
            ) : null}
          </div>
        </Popover>
      ) : null}
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
      data-testid="full-height"
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
        {info.skipped > 0 ? (
          <span class="muted" title={t("ui.skipped_help")}>
            {t("ui.skipped", { n: info.skipped })}
          </span>
        ) : null}
      </span>
      <UndoRedo />
      <CreateButton node={active} />
      <SaveButton />
      <SelectionBar />
      <FullHeight />
    </div>
  );
}
