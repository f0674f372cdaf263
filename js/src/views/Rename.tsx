import { useLayoutEffect, useRef, useState } from "../dom/hooks";
import { enteredIn } from "../events";
import type { TreeNode } from "../types";
import { FieldError } from "./FieldError";
import { useT, useView } from "./hooks";

/** The name as an input: Enter or leaving it keeps, Escape gives back the old one. */
export function Rename({ node }: { node: TreeNode }) {
  const view = useView();
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const ended = useRef(false);
  const [error, setError] = useState("");
  const stop = (): void => {
    ended.current = true; // an input that is taken away may say "blur" once more
    if (view.viewState.get().renaming === node.id) view.viewState.set({ renaming: null });
  };
  // Before the next key: what is typed right after F2 belongs to the name.
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const end = async (text: string, leaving: boolean): Promise<void> => {
    if (ended.current) return;
    const label = text.trim();
    if (label === node.label || (leaving && (error || !label))) return stop();
    ended.current = true; // one question at a time
    const refused = await view.rename(node.id, label);
    if (refused === null || leaving) stop();
    if (refused === null) return;
    if (leaving) return view.say("error", refused);
    ended.current = false;
    setError(refused);
    input.current?.focus();
  };
  return (
    <span class="rename">
      <input
        ref={input}
        name="label"
        defaultValue={node.label}
        aria-label={t("ui.rename")}
        aria-invalid={error ? true : undefined}
        spellcheck={false}
        onClick={(event) => event.stopPropagation()}
        onDblClick={(event) => event.stopPropagation()}
        onInput={() => setError("")}
        onBlur={(event) => void end(enteredIn(event), true)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") void end(enteredIn(event), false);
          if (event.key === "Escape") stop();
        }}
      />
      <FieldError text={error} />
    </span>
  );
}
