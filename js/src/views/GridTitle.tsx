import { command } from "../commands";
import { enteredIn } from "../events";
import { Arrange } from "./Arrange";
import { Breadcrumbs } from "./Breadcrumbs";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";
import { NodeFacts } from "./NodeFacts";
import { RefuseButton } from "./RefuseButton";
import { SelectionBar } from "./SelectionBar";
import { Strip } from "./Strip";
import { TagButton } from "./TagButton";

function SizeSlider() {
  const view = useView();
  const t = useT();
  const size = useShared((state) => state.thumbSize);
  const label = t("ui.thumb_size");
  return (
    <label class="size-slider" title={label}>
      <Icon name="image" size={12} />
      <input
        type="range"
        min={30}
        max={500}
        step={2}
        value={size}
        aria-label={label}
        data-testid="thumb-size"
        onInput={(event) => view.session.setThumbSize(Number(enteredIn(event)))}
      />
      <Icon name="image" size={18} />
    </label>
  );
}

/** Which node the grid shows, and how large its images are. */
export function GridTitle() {
  const t = useT();
  const view = useView();
  const searches = useShared(({ info }) => info.searches?.text || info.searches?.image);
  const tree = useShared((state) => state.tree);
  const active = useShared((state) => state.active);
  const kind = useShared((state) => state.kind);
  const node = tree.byId.get(active) ?? tree.root;
  if (!node) return null;
  return (
    <div class="grid-title">
      <Breadcrumbs node={node} />
      <NodeFacts node={node} />
      {node.split && <span class="muted">{t("ui.groups", { n: node.split.groups })}</span>}
      <TagButton label={t("ui.stamp_open")} testId="open-stamp" />
      {searches && (
        <IconButton
          icon="zoom"
          small
          label={t("ui.search")}
          testId="open-search"
          aria-haspopup="dialog"
          onClick={(event) => void command(view, "search", node.id, event.currentTarget)}
        />
      )}
      <RefuseButton node={node} reachable />
      {kind === "grid" && <SelectionBar />}
      <Strip node={node} />
      <Arrange />
      <SizeSlider />
    </div>
  );
}
