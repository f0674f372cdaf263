import { command } from "../commands";
import type { Command } from "../types";
import { useT, useView } from "./hooks";
import type { MenuItem } from "./Menu";
import { useAnswer } from "./useAnswer";

/** The actions that the kernel offers for a cluster, or for the project while one looks at it. */
export function useCommands(
  place: "node" | "project",
  node: number,
  anchor: HTMLElement | null,
): MenuItem[] {
  const view = useView();
  const { language } = useT();
  const args = anchor && { place, node, language };
  const { reply } = useAnswer<{ commands: Command[] }>("commands", args, 0);
  return (reply?.result.commands ?? []).map(({ name, title, help, error, begins }) => ({
    id: name,
    label: title,
    tip: error ?? help,
    disabled: error !== null,
    begins,
    run: () => anchor && void command(view, name, node, anchor),
  }));
}
