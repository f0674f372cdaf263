/**
 * Questions to the kernel: each gets one reply, matched by id.
 *
 * There is one client per model, made in `initialize`, so that two views of one model
 * share one listener. Replies to other pages and to other widgets are ignored.
 */
import { createObservable, type Observable } from "./observable";
import type { WidgetModel } from "./types";

/** JupyterLab drops a message sent before its subshell exists: ask again once. */
export const RESEND_AFTER_MS = 400;
/** After this long without an answer the reader is told that the kernel may be gone. */
export const SILENT_AFTER_MS = 10_000;

export interface Reply<T> {
  result: T;
  buffers: DataView[];
}

export interface KernelError {
  text: string;
  key: string | null;
  values: Record<string, unknown>;
  fields: Record<string, string>;
}

export class RequestError extends Error {
  constructor(readonly error: KernelError) {
    super(error.text);
  }
}

export type Unsolicited = (content: Record<string, unknown>, buffers: DataView[]) => void;

export interface Status {
  silent: boolean;
  /** Why the project answers nothing any more: it was closed. */
  closed: KernelError | null;
}

export interface Rpc {
  /** `patient`: an answer that takes long says nothing of the kernel. */
  request<T>(op: string, args?: Record<string, unknown>, patient?: boolean): Promise<Reply<T>>;
  /** Called for messages that answer no question (id null) and carry this op. */
  onUnsolicited(op: string, handler: Unsolicited): void;
  status: Observable<Status>;
  dispose(): void;
}

interface Pending {
  resolve(reply: Reply<never>): void;
  reject(error: Error): void;
  timers: ReturnType<typeof setTimeout>[];
}

/** Unlike all others on this page and elsewhere; randomUUID is missing on plain http pages. */
export function uniqueId(): string {
  return `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

export function createRpc(model: WidgetModel): Rpc {
  const prefix = uniqueId();
  const pending = new Map<string, Pending>();
  const handlers = new Map<string, Unsolicited>();
  const status = createObservable<Status>({ silent: false, closed: null });
  let counter = 0;

  /** After a restart of the kernel the model cannot send any more, and throws. */
  function send(content: Record<string, unknown>): void {
    try {
      model.send(content);
    } catch {
      status.set({ silent: true });
    }
  }

  function receive(content: Record<string, unknown>, rawBuffers: unknown[] = []): void {
    const buffers = rawBuffers.map((buffer) =>
      ArrayBuffer.isView(buffer) ? (buffer as DataView) : new DataView(buffer as ArrayBuffer),
    );
    if (content.id === null) {
      handlers.get(String(content.op))?.(content, buffers);
      return;
    }
    const id = String(content.id);
    const waiting = pending.get(id);
    if (!waiting) return; // another page, another view, or the second answer to a re-sent question
    pending.delete(id);
    waiting.timers.forEach(clearTimeout);
    status.set({ silent: false });
    if (content.ok) {
      status.set({ closed: null });
      waiting.resolve({ result: content.result as never, buffers });
      return;
    }
    const error = content.error as KernelError;
    if (error.key === "closed") status.set({ closed: error });
    waiting.reject(new RequestError(error));
  }

  model.on("msg:custom", receive);

  return {
    status,
    request<T>(op: string, args: Record<string, unknown> = {}, patient = false): Promise<Reply<T>> {
      counter += 1;
      const id = `${prefix}-${counter}`;
      const content = { id, op, ...args };
      return new Promise<Reply<T>>((resolve, reject) => {
        const timers = [setTimeout(() => send(content), RESEND_AFTER_MS)];
        if (!patient) timers.push(setTimeout(() => status.set({ silent: true }), SILENT_AFTER_MS));
        pending.set(id, { resolve, reject, timers });
        send(content);
      });
    },
    onUnsolicited(op, handler) {
      handlers.set(op, handler);
    },
    dispose() {
      model.off("msg:custom", receive);
      for (const waiting of pending.values()) waiting.timers.forEach(clearTimeout);
      pending.clear();
    },
  };
}
