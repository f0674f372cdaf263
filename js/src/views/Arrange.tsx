import { useState } from "preact/hooks";
import type { Sort } from "../types";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { Menu } from "./Menu";

const ORDERS = ["auto", "hash", "typical", "outliers", "similarity"] as const;
/** Their name says in which direction they go. */
const DIRECTED = new Set<string>(["auto", "typical", "outliers"]);

/**
 * Asks for another order. It is on the way until the traits say it, or something went wrong:
 * sorting a million images takes a while.
 */
function useArrange() {
  const view = useView();
  const sort = useShared((state) => state.sort);
  const piled = useShared((state) => state.piled);
  const message = useShared((state) => state.message);
  const [asked, setAsked] = useState<unknown[] | null>(null);
  const now = [sort, piled, message];
  const busy = asked?.every((part, i) => part === now[i]) ?? false;
  return {
    ...{ sort, piled, busy },
    arrange(next: Partial<Sort>, piles: boolean): void {
      if (busy) return;
      setAsked(now);
      void view.ask("sort", { sort: next, piles }).then((done) => done ?? setAsked(null));
    },
  };
}

function SortButton({ sort, piled, busy, arrange }: ReturnType<typeof useArrange>) {
  const t = useT();
  const columns = useShared((state) => state.info.sort_columns);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const name = sort.by === "column" ? sort.column : t(`ui.order_${sort.by}`);
  const label = t("ui.order", { name });
  const way = DIRECTED.has(sort.by) ? "turned" : "descending";
  const direction = t(sort.descending ? `ui.order_${way}` : `ui.order_not_${way}`);
  const choose = (by: Sort["by"], column: string | null): void => {
    if (by !== sort.by || column !== sort.column) arrange({ by, column }, piled);
  };
  const items = ORDERS.map((by) => ({
    ...{ id: `order-${by}`, label: t(`ui.order_${by}`), checked: by === sort.by },
    run: () => choose(by, null),
  }));
  const ofColumns = (columns ?? []).map((column) => ({
    ...{ id: `order-column-${column}`, label: column, detail: t("ui.column") },
    checked: sort.by === "column" && column === sort.column,
    run: () => choose("column", column),
  }));
  return (
    <span class="button-group">
      <button
        type="button"
        class="sort-button"
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-busy={busy}
        data-testid="sort"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name="sort" size={14} />
        <span class="sort-name">{name}</span>
      </button>
      <IconButton
        icon={sort.descending ? "down" : "up"}
        label={direction}
        size={14}
        aria-disabled={busy}
        data-testid="sort-direction"
        onClick={() => arrange({ ...sort, descending: !sort.descending }, piled)}
      />
      {anchor ? (
        <Menu
          anchor={anchor}
          label={t("ui.order_by")}
          items={[...items, ...ofColumns]}
          onClose={() => setAnchor(null)}
        />
      ) : null}
    </span>
  );
}

/** In which order the images stand, and whether identical ones lie on a pile. */
export function Arrange() {
  const t = useT();
  const state = useArrange();
  const repeated = useShared(({ info }) => info.rows > info.images);
  const { sort, piled, busy, arrange } = state;
  return (
    <>
      <SortButton {...state} />
      {repeated || piled ? (
        <IconButton
          icon="piles"
          label={t("ui.piles")}
          aria-pressed={piled}
          aria-disabled={busy}
          data-testid="piles"
          onClick={() => arrange(sort, !piled)}
        />
      ) : null}
    </>
  );
}
