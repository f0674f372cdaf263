/** Actions that the kernel describes: what they are asked with, and where their answers go. */
import { refused } from "./refused";
import type { CommandForm, CommandResult, Params } from "./types";
import type { View } from "./view";

/** Does an action; without values it may ask for them first. What is wrong with fields is returned. */
export async function command(
  view: View,
  name: string,
  node: number,
  anchor: HTMLElement,
  params?: Params,
): Promise<Record<string, string> | null> {
  const { session, viewState: state } = view;
  state.set({ notice: null });
  try {
    const { language } = session.sharedState.get().t;
    const asked = { name, node, language, ...(params && { params }) };
    const { result } = await session.rpc.request<CommandResult & { form?: CommandForm }>(
      "command",
      asked,
      true,
    );
    if (result.form) state.set({ form: { node, anchor, errors: {}, command: result.form } });
    else if (result.title) state.set({ result });
  } catch (problem) {
    return refused(view, problem);
  }
  return null;
}
