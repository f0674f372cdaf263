import { useEffect, useState } from "../dom/hooks";
import type { Reply } from "../rpc";
import { useView } from "./hooks";

interface Answer<T> {
  reply: Reply<T> | null;
  failed: string;
}

const NONE = { reply: null, failed: "" };

/**
 * What the kernel answers; nothing while it comes. The answer to an earlier question is dropped.
 *
 * Nothing is asked without arguments; the same is asked again when `version` changes.
 */
export function useAnswer<T>(
  op: string,
  args: object | null,
  pause: number,
  version?: unknown,
): Answer<T> {
  const view = useView();
  const [answer, setAnswer] = useState<(Answer<T> & { key: string }) | null>(null);
  const key = JSON.stringify(args);
  useEffect(() => {
    if (!args) return;
    let current = true;
    const give = (next: Partial<Answer<T>>): void => {
      if (current) setAnswer({ ...NONE, key, ...next });
    };
    const timer = setTimeout(() => {
      view.session.rpc.request<T>(op, { ...args }).then(
        (reply) => give({ reply }),
        (problem) => give({ failed: view.errorText(problem) }),
      );
    }, pause);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [view, key, version]);
  return answer?.key === key ? answer : NONE;
}
