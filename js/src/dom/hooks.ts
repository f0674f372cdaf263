/** What components remember and do beside drawing: the hooks of Preact that this widget uses. */
import { currentContext, currentHook, type Drawn, type Hook, redraw } from "./draw";

type Deps = readonly unknown[];

function changed(before: Deps | undefined, deps: Deps): boolean {
  return !before || deps.some((value, i) => !Object.is(value, before[i]));
}

/** What was given to `render`. */
export const useContext = currentContext;

/** Draws the component again. */
export function useRedraw(): () => void {
  return currentHook((one: Drawn) => ({ redraw: () => redraw(one) })).redraw;
}

export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void] {
  const state = currentHook((one) => {
    const cell = {
      value: typeof initial === "function" ? (initial as () => T)() : initial,
      set(next: T | ((before: T) => T)): void {
        const value = typeof next === "function" ? (next as (before: T) => T)(cell.value) : next;
        if (Object.is(value, cell.value)) return;
        cell.value = value;
        redraw(one);
      },
    };
    return cell;
  });
  return [state.value, state.set];
}

export function useRef<T>(initial: T): { current: T };
export function useRef<T>(initial: T | null): { current: T | null };
export function useRef<T>(initial: T): { current: T } {
  return currentHook(() => ({ current: initial }));
}

export function useMemo<T>(make: () => T, deps: Deps): T {
  const memo = currentHook(() => ({}) as { value: T; deps?: Deps });
  if (changed(memo.deps, deps)) Object.assign(memo, { value: make(), deps });
  return memo.value;
}

// biome-ignore lint/suspicious/noConfusingVoidType: an effect may end without a word
type Effect = () => void | (() => unknown);

const effects =
  (late: boolean) =>
  (effect: Effect, deps: Deps): void => {
    const hook = currentHook((): Hook => ({ late }));
    if (changed(hook.deps, deps)) Object.assign(hook, { effect, deps });
  };

/** Before the next paint. */
export const useLayoutEffect = effects(false);
/** After the next paint. */
export const useEffect = effects(true);
