import { useState } from "../dom/hooks";
import { useShared, useT } from "./hooks";
import { IconButton } from "./IconButton";
import { Menu } from "./Menu";
import { useCommands } from "./useCommands";

/** What else can be done with the clusters of the project. */
export function MoreButton() {
  const t = useT();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const active = useShared((state) => state.active);
  const items = useCommands("project", active, anchor);
  const label = t("ui.more");
  return (
    <>
      <IconButton
        icon="more"
        label={label}
        testId="more"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      />
      {anchor && items.length > 0 && (
        <Menu anchor={anchor} label={label} items={items} onClose={() => setAnchor(null)} />
      )}
    </>
  );
}
