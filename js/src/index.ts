/** What anywidget loads: a function, so that two widgets never share state through the module. */
import { createSession, type Session } from "./store";
import "./styles/index.css";
import type { WidgetModel } from "./types";
import { mount } from "./views/mount";

export default function createWidget() {
  // anywidget hands another proxy of the model to each view, so the session is kept here.
  let session: Session | null = null;

  return {
    initialize({ model }: { model: WidgetModel }) {
      const own = createSession(model);
      session = own;
      return () => {
        own.dispose();
        if (session === own) session = null;
      };
    },
    render({ model, el }: { model: WidgetModel; el: HTMLElement }) {
      session ??= createSession(model);
      return mount(session, el);
    },
  };
}
