import { choose } from "../edits";
import { SELECTION } from "../moves";
import { nodeName } from "../names";
import { useBusy, useLocal, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { PickActions } from "./PickActions";
import { TagButton } from "./TagButton";

/** How many images are selected and what to do with them; else where the last ones went. */
export function SelectionBar() {
  const view = useView();
  const t = useT();
  const n = useShared((state) => state.selected.count);
  const busy = useBusy();
  const tree = useShared((state) => state.tree);
  const arrived = useLocal((state) => tree.byId.get(state.arrived ?? -1));
  return (
    <>
      <span class="selection-count" role="status" data-testid="selection-count">
        {n > 0 ? (
          <b>{t("ui.selected", { n })}</b>
        ) : (
          arrived && <span class="muted">{t("ui.arrived", { name: nodeName(t, arrived) })}</span>
        )}
      </span>
      {n > 0 && (
        <span class="button-group selection-actions">
          <IconButton
            icon="move"
            class=""
            label={t("ui.move_to")}
            keyName="M"
            aria-keyshortcuts="M"
            testId="move-to"
            aria-haspopup="dialog"
            disabled={busy}
            onClick={(event) => choose(view, "move", SELECTION, event.currentTarget)}
          >
            <span>{t("ui.move_to")}</span>
          </IconButton>
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
      )}
    </>
  );
}
