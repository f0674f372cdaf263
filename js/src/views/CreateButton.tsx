import { isLocked } from "../moves";
import { nodeName } from "../names";
import { useBusy, useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";

/** Both parts: what opens stands below the two. */
function groupOf(event: { currentTarget: HTMLElement }): HTMLElement {
  return event.currentTarget.parentElement as HTMLElement;
}

/** Main part: run with the stored values. Small arrow: choose the function and its values. */
export function CreateButton({ node, compact = false }: { node: number; compact?: boolean }) {
  const view = useView();
  const t = useT();
  const locked = useShared((state) => isLocked(state.tree, node));
  const target = useShared((state) => state.tree.byId.get(node));
  const active = useShared((state) => state.active === node);
  const name = target ? nodeName(t, target) : "";
  const label = t("ui.create_in", { name });
  const both = { disabled: useBusy() || locked, tabIndex: compact && !active ? -1 : 0 };
  return (
    <span class={`split-button ${compact ? "compact" : "primary"}`}>
      <IconButton
        {...both}
        icon="split"
        class="main-part"
        label={label}
        help={locked ? t("errors.locked", { label: name }) : label}
        aria-label={compact ? label : undefined}
        testId="create-clusters"
        onClick={(event) => {
          event.stopPropagation();
          if (event.detail > 1) return; // the second click of a double-click
          void view.runDefault(node, groupOf(event));
        }}
      >
        {!compact && <span>{t("ui.create")}</span>}
      </IconButton>
      <IconButton
        {...both}
        icon="caret"
        size={12}
        class="arrow-part"
        label={`${t("ui.parameters")}: ${name}`}
        help={t("ui.parameters")}
        testId="parameters"
        aria-haspopup="dialog"
        onClick={(event) => {
          event.stopPropagation();
          view.viewState.set({ form: { node, anchor: groupOf(event), errors: {} } });
        }}
      />
    </span>
  );
}
