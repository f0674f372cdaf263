import { useRef } from "preact/hooks";
import { isLocked } from "../moves";
import { nodeName } from "../names";
import { useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";

/** Main part: run with the stored values. Small arrow: choose the function and its values. */
export function CreateButton({ node, compact = false }: { node: number; compact?: boolean }) {
  const view = useView();
  const t = useT();
  const locked = useShared((state) => isLocked(state.tree, node));
  const busy = useShared((state) => state.job !== null) || locked;
  const target = useShared((state) => state.tree.byId.get(node));
  const group = useRef<HTMLSpanElement>(null);
  const name = target ? nodeName(t, target) : "";
  const label = t("ui.create_in", { name });
  const active = useShared((state) => state.active === node);
  const tabIndex = compact && !active ? -1 : 0;
  return (
    <span class={`split-button ${compact ? "compact" : "primary"}`} ref={group}>
      <button
        type="button"
        class="main-part"
        data-testid="create-clusters"
        title={locked ? t("errors.locked", { label: name }) : label}
        aria-label={compact ? label : undefined}
        disabled={busy}
        tabIndex={tabIndex}
        onClick={(event) => {
          event.stopPropagation();
          if (event.detail > 1) return; // the second click of a double-click
          if (group.current) void view.runDefault(node, group.current);
        }}
      >
        <Icon name="split" />
        {compact ? null : <span>{t("ui.create")}</span>}
      </button>
      <button
        type="button"
        class="arrow-part"
        data-testid="parameters"
        title={t("ui.parameters")}
        aria-label={`${t("ui.parameters")}: ${name}`}
        aria-haspopup="dialog"
        disabled={busy}
        tabIndex={tabIndex}
        onClick={(event) => {
          event.stopPropagation();
          if (group.current) view.state.set({ form: { node, anchor: group.current, errors: {} } });
        }}
      >
        <Icon name="caret" size={12} />
      </button>
    </span>
  );
}
