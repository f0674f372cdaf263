import { ClusterPicker } from "./ClusterPicker";
import { useLocal, useView } from "./hooks";
import { LineMenu } from "./LineMenu";

/** The menu of a line, or the list of clusters that something can go to. */
export function ChoosingPopover() {
  const view = useView();
  const choosing = useLocal((state) => state.choosing);
  if (!choosing) return null;
  const close = (): void => {
    // What was chosen may have opened the next one already.
    if (view.viewState.get().choosing === choosing) view.viewState.set({ choosing: null });
  };
  const Part = choosing.what === "menu" ? LineMenu : ClusterPicker;
  return <Part key={choosing.what} choosing={choosing} onClose={close} />;
}
