import { useContext, useLayoutEffect, useRedraw, useRef } from "../dom/hooks";
import type { Translator } from "../i18n";
import type { Observable } from "../observable";
import type { SharedState } from "../store";
import type { Thumbnail } from "../thumbnails";
import type { View, ViewState } from "../view";

/** Every part is drawn inside of a view: see `mount`. */
export const useView = useContext as () => View;

/** Draws again only when what was picked is another value. */
export function useSelect<T, P>(source: Observable<T>, pick: (state: T) => P): P {
  const redraw = useRedraw();
  const value = pick(source.get());
  const last = useRef({ value, pick });
  last.current = { value, pick };
  useLayoutEffect(() => {
    const check = (): void => {
      if (last.current.pick(source.get()) !== last.current.value) redraw();
    };
    check();
    return source.subscribe(check);
  }, [source]);
  return value;
}

export function useShared<P>(pick: (state: SharedState) => P): P {
  return useSelect(useView().session.sharedState, pick);
}

export function useLocal<P>(pick: (state: ViewState) => P): P {
  return useSelect(useView().viewState, pick);
}

export function useT(): Translator {
  return useShared((state) => state.t);
}

/** Something runs: nothing else may start. */
export function useBusy(): boolean {
  return useShared((state) => state.job !== null);
}

/** The thumbnails of some rows, drawn again when they come. */
export function usePictures(rows: number[], size: number): (row: number) => Thumbnail {
  const { thumbnails } = useView().session;
  const owner = useRef({}).current;
  const redraw = useRedraw();
  useLayoutEffect(() => {
    const stop = thumbnails.subscribe(() => redraw());
    return () => {
      stop();
      thumbnails.forget(owner);
    };
  }, [thumbnails, owner]);
  useLayoutEffect(() => thumbnails.want(owner, rows, size), [thumbnails, rows.join(), size]);
  return (row) => thumbnails.get(row, size);
}
