import { choose } from "../edits";
import { SELECTION } from "../moves";
import { nodeName } from "../names";
import { useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { PickActions } from "./PickActions";
import { TagButton } from "./TagButton";

/** How many images are selected and what to do with them; else where the last ones went. */
export function SelectionBar() {
  const view = useView();
  const t = useT();
  const n = useShared((state) => state.selected.count);
  const busy = useShared((state) => state.job !== null);
  const tree = useShared((state) => state.tree);
  const arrived = useLocal((state) => tree.byId.get(state.arrived ?? -1));
  return (
    <>
      <span class="selection-count" role="status" data-testid="selection-count">
        {n > 0 ? (
          <b>{t("ui.selected", { n })}</b>
        ) : arrived ? (
          <span class="muted">{t("ui.arrived", { name: nodeName(t, arrived) })}</span>
        ) : null}
      </span>
      {n > 0 ? (
        <span class="button-group selection-actions">
          <button
            type="button"
            data-testid="move-to"
            title={t("ui.with_key", { label: t("ui.move_to"), key: "M" })}
            aria-label={t("ui.move_to")}
            aria-keyshortcuts="M"
            aria-haspopup="dialog"
            disabled={busy}
            onClick={(event) => choose(view, "move", SELECTION, event.currentTarget)}
          >
            <Icon name="move" />
            <span>{t("ui.move_to")}</span>
          </button>
          <TagButton
            label={t("ui.with_key", { label: t("ui.stamp_selected", { n }), key: "T" })}
            testId="stamp-selection"
          />
          <PickActions />
          <IconButton
            small
            icon="close"
            label={t("ui.clear_selection")}
            onClick={() => view.clearSelection()}
          />
        </span>
      ) : null}
    </>
  );
}
