import { useState } from "../dom/hooks";
import type { Sort } from "../types";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { Menu } from "./Menu";

const ORDERS = ["auto", "hash", "typical", "outliers", "similarity"] as const;
/** Their name says in which direction they go. */
const DIRECTED = ["auto", "typical", "outliers"];

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
    arrange(next: Partial<Sort>, piles = piled): void {
      if (busy) return;
      setAsked(now);
      void view.ask("sort", { sort: next, piles }).then((done) => done ?? setAsked(null));
    },
  };
}

function SortButton({ sort, busy, arrange }: ReturnType<typeof useArrange>) {
  const t = useT();
  const columns = useShared((state) => state.info.sort_columns);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const name = sort.by === "column" ? sort.column : t(`ui.order_${sort.by}`);
  const label = t("ui.order", { name });
  const way = DIRECTED.includes(sort.by) ? "turned" : "descending";
  const direction = t(sort.descending ? `ui.order_${way}` : `ui.order_not_${way}`);
  const item = (id: string, label: string, by: Sort["by"], column: string | null) => {
    const checked = by === sort.by && column === sort.column;
    return { id, label, checked, run: () => checked || arrange({ by, column }) };
  };
  const items = ORDERS.map((by) => item(`order-${by}`, t(`ui.order_${by}`), by, null));
  const ofColumns = (columns ?? []).map((column) => ({
    ...item(`order-column-${column}`, column, "column", column),
    detail: t("ui.column"),
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
        onClick={() => arrange({ ...sort, descending: !sort.descending })}
      />
      {anchor && (
        <Menu
          anchor={anchor}
          label={t("ui.order_by")}
          items={[...items, ...ofColumns]}
          onClose={() => setAnchor(null)}
        />
      )}
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
      {(repeated || piled) && (
        <IconButton
          icon="piles"
          label={t("ui.piles")}
          aria-pressed={piled}
          aria-disabled={busy}
          data-testid="piles"
          onClick={() => arrange(sort, !piled)}
        />
      )}
    </>
  );
}
