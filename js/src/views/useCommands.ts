import type { Command } from "../types";
import { useT, useView } from "./hooks";
import type { MenuItem } from "./Menu";
import { useAnswer } from "./useAnswer";

/** The actions that the kernel offers for a cluster, or (null) for the project. */
export function useCommands(node: number | null, anchor: HTMLElement | null): MenuItem[] {
  const view = useView();
  const { language } = useT();
  const args = anchor && { language, ...(node !== null && { node }) };
  const { reply } = useAnswer<{ commands: Command[] }>("commands", args, 0);
  return (reply?.result.commands ?? []).map(({ name, title, help, error, begins }) => ({
    id: name,
    label: title,
    tip: error ?? help,
    disabled: error !== null,
    begins,
    run: () => anchor && void view.command(name, node ?? 0, anchor),
  }));
}
