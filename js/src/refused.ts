/** What becomes of a question that the kernel refused. */
import { type KernelError, RequestError } from "./rpc";
import type { View } from "./view";

/** A field refused for the reason of the whole: that reason is known in the reader's language. */
function fieldErrors({ fields, text }: KernelError, translated: string): Record<string, string> {
  const said = Object.entries(fields).map(([name, why]) => [name, why === text ? translated : why]);
  return Object.fromEntries(said);
}

/** What is wrong with each field of a form; null where it is none of them, and was said as a notice. */
export function refused(view: View, problem: unknown): Record<string, string> | null {
  const text = view.errorText(problem);
  const error = problem instanceof RequestError ? problem.error : null;
  if (error && Object.keys(error.fields).length > 0) return fieldErrors(error, text);
  view.say(error?.key === "cancelled" ? "info" : "error", text);
  return null;
}
