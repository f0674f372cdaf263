import { useMemo, useRef } from "../dom/hooks";
import { createDrag } from "../drag";
import { consume } from "../events";
import { ChoosingPopover } from "./Choosing";
import { CountLine } from "./CountLine";
import { EmbedPanel, VectorsLine } from "./EmbedPanel";
import { FunctionForm } from "./FunctionForm";
import { Grid } from "./Grid";
import { GridTitle } from "./GridTitle";
import { useLocal, useShared, useT, useView } from "./hooks";
import { LargeView } from "./LargeView";
import { JobBar, KernelGone, MessageBar } from "./Notices";
import { ResultPanel } from "./ResultPanel";
import { StampForm } from "./StampForm";
import { TagKeys } from "./TagKeys";
import { Toolbar } from "./Toolbar";
import { Tree } from "./Tree";

const NARROWEST = 200;
const WIDEST = 720;
const KEY_STEPS: Record<string, number> = { ArrowLeft: -16, ArrowRight: 16 };

/** Between tree and grid: dragged by pointer or moved by arrow keys. */
function Divider() {
  const view = useView();
  const t = useT();
  const width = useLocal((state) => state.panelWidth);
  const start = useRef<{ x: number; width: number } | null>(null);
  const resize = (wanted: number): void => {
    view.viewState.set({ panelWidth: Math.max(NARROWEST, Math.min(WIDEST, wanted)) });
  };
  return (
    <div
      class="divider"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t("ui.divider")}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (start.current) resize(start.current.width + event.clientX - start.current.x);
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onKeyDown={(event) => {
        const step = KEY_STEPS[event.key];
        if (!step) return;
        resize(width + step);
        consume(event);
      }}
    />
  );
}

/** The parts of this kind of widget; what is asked and said stands around them in each. */
export function App() {
  const kind = useShared((state) => state.kind);
  const hasTree = kind !== "grid";
  const hasGrid = kind !== "tree";
  const width = useLocal((state) => state.panelWidth);
  const large = useLocal((state) => state.large !== null || state.similarTo !== null);
  const view = useView();
  const drag = useMemo(() => createDrag(view), [view]);
  return (
    <div class={`layout layout-${kind}`} {...drag}>
      {hasTree && <Toolbar />}
      <JobBar />
      <MessageBar />
      {hasGrid && <VectorsLine />}
      <div class="panels" style={{ "--pn-tree-width": `${width}px` }}>
        {hasTree && (
          <div class="tree-panel">
            {!hasGrid && <ResultPanel />}
            <Tree />
            <CountLine />
          </div>
        )}
        {hasTree && hasGrid && <Divider />}
        {hasGrid && (
          <div class="grid-panel">
            <EmbedPanel />
            <GridTitle />
            <ResultPanel />
            <TagKeys />
            <Grid />
          </div>
        )}
      </div>
      <KernelGone />
      <FunctionForm />
      <ChoosingPopover />
      {!large && <StampForm />}
      <LargeView />
    </div>
  );
}
