import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TreeNode } from "../types";
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
    if (view.state.get().renaming === node.id) view.state.set({ renaming: null });
  };
  // Before the next key: what is typed right after F2 belongs to the name.
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const commit = async (text: string): Promise<string | null> => {
    const label = text.trim();
    if (label === node.label) {
      stop();
      return null;
    }
    ended.current = true; // one question at a time
    const refused = await view.rename(node.id, label);
    if (refused === null) stop();
    return refused;
  };
  const keep = async (text: string): Promise<void> => {
    if (ended.current) return;
    const refused = await commit(text);
    if (refused === null) return;
    ended.current = false;
    setError(refused);
    input.current?.focus();
  };
  const leave = async (text: string): Promise<void> => {
    if (ended.current) return;
    if (error || text.trim() === "") return stop();
    const refused = await commit(text);
    if (refused === null) return;
    stop();
    view.say("error", refused);
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
        onBlur={(event) => void leave(event.currentTarget.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") void keep(event.currentTarget.value);
          if (event.key === "Escape") stop();
        }}
      />
      {error ? (
        <span class="field-error" role="alert" data-testid="field-error">
          {error}
        </span>
      ) : null}
    </span>
  );
}
