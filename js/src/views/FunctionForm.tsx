import { command as sendCommand } from "../commands";
import { useEffect, useState } from "../dom/hooks";
import { enteredIn } from "../events";
import { type Draft, isShown, parseForm, startDraft } from "../form";
import type { Translator } from "../i18n";
import { nodeName } from "../names";
import type { ClusteringFunction, Defaults, Params } from "../types";
import type { FormRequest } from "../view";
import { FieldError } from "./FieldError";
import { FieldRow } from "./FieldRow";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Popover } from "./Popover";
import { ThresholdPanel } from "./ThresholdPanel";
import { useAnswer } from "./useAnswer";

/** While one types, nothing is asked. */
const WOULD_PAUSE_MS = 300;
/** Of an action, which always starts with the kernel's values. */
const NO_DEFAULTS: Defaults = { function: "", params: {} };

function functionTitle(t: Translator, fn: ClusteringFunction): string {
  const title = t.or(`functions.${fn.name}.title`, fn.title || fn.name);
  if (fn.error) return t("ui.function_broken", { title });
  return fn.experimental ? t("ui.function_experimental", { title }) : title;
}

interface ChooserProps {
  functions: ClusteringFunction[];
  chosen: ClusteringFunction;
  id: string;
  onChoose(name: string): void;
}

function FunctionChooser({ functions, chosen, id, onChoose }: ChooserProps) {
  const t = useT();
  const broken = functions.filter((fn) => fn.error);
  return (
    <>
      <label class="function-label" for={id}>
        {t("ui.function")}
      </label>
      <select
        id={id}
        name="function"
        value={chosen.name}
        onChange={(event) => onChoose(enteredIn(event))}
      >
        {functions.map((fn) => (
          <option
            key={fn.name}
            value={fn.name}
            disabled={fn.error !== null}
            title={fn.error ?? fn.name}
          >
            {functionTitle(t, fn)}
          </option>
        ))}
      </select>
      <p class="function-help">{t.or(`functions.${chosen.name}.help`, chosen.help)}</p>
      {broken.map((fn) => (
        <p key={fn.name} class="function-broken">
          {t("ui.function_broken_reason", { title: fn.title || fn.name, reason: fn.error })}
        </p>
      ))}
    </>
  );
}

interface FormProps {
  request: FormRequest;
  functions: ClusteringFunction[];
  onClose(): void;
}

/** What an action would do with the values as they stand. */
function Would({ name, node, params }: { name: string; node: number; params: Params | null }) {
  const { language } = useT();
  const args = params && { name, node, params, language };
  const { reply, failed } = useAnswer<{ text: string }>("would", args, WOULD_PAUSE_MS);
  return (
    <b class="would-find" role="status" data-testid="would">
      {failed || reply?.result.text || "…"}
    </b>
  );
}

function Form({ request, functions, onClose }: FormProps) {
  const view = useView();
  const t = useT();
  const { command } = request;
  const { info, ...state } = view.session.sharedState.get();
  const defaults = command ? NO_DEFAULTS : state.defaults;
  const node = useShared((state) => state.tree.byId.get(request.node));
  const busy = useShared((state) => state.job !== null);
  const known = (wanted: string | undefined) => functions.find((other) => other.name === wanted);
  const { last } = defaults;
  const usable = functions.find((other) => !other.error) ?? (functions[0] as ClusteringFunction);
  const [name, setName] = useState(
    (known(last?.function) ?? known(defaults.function) ?? usable).name,
  );
  const fn = known(name) ?? usable;
  const gone = defaults.function !== "" && !known(defaults.function);
  const draftOf = (chosen: ClusteringFunction, used = last?.params): Draft =>
    startDraft(chosen, { ...defaults.params[chosen.name], ...used?.[chosen.name] }, info);
  const [draft, setDraft] = useState(() => draftOf(fn));
  const [errors, setErrors] = useState(request.errors);
  const [remember, setRemember] = useState(false);
  const [sending, setSending] = useState(false);

  const fill = (values: Draft): void => {
    setDraft(values);
    setErrors({});
  };

  const choose = (next: string): void => {
    setName(next);
    fill(draftOf(known(next) ?? usable));
  };

  const submit = async (): Promise<void> => {
    const { params, problems } = parseForm(fn, draft);
    const wrong = Object.entries(problems).map(([field, { key, values }]) => [
      field,
      t(`form.${key}`, values),
    ]);
    setErrors(Object.fromEntries(wrong));
    if (wrong.length > 0) return;
    setSending(true);
    const refused = command
      ? await sendCommand(view, fn.name, request.node, request.anchor, params)
      : await view.run(request.node, fn.name, params, remember);
    setSending(false);
    if (refused) setErrors(refused);
    else onClose();
  };

  // What takes a while shows how far it is elsewhere.
  useEffect(() => {
    if (sending && busy) onClose();
  }, [busy]);

  const id = `${view.uid}-form`;
  const shown = fn.fields.filter((field) => isShown(fn, field, draft));
  const elsewhere = Object.entries(errors).filter(
    ([name]) => !fn.fields.some((field) => field.name === name),
  );
  return (
    <form
      class="function-form"
      noValidate
      onKeyDown={(event) => {
        // A browser sends a form with Enter from an input, but not from a choice.
        if (event.key !== "Enter" || !(event.target instanceof HTMLSelectElement)) return;
        event.preventDefault();
        event.currentTarget.requestSubmit();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending && !busy) void submit();
      }}
    >
      <div class="form-title">
        {command?.title ?? t("ui.create_in", { name: node ? nodeName(t, node) : "" })}
        {!command && <span class="muted">{node ? t("ui.images", { n: node.rows }) : ""}</span>}
      </div>
      {gone && (
        <p class="function-gone" role="status" data-testid="function-gone">
          {t("ui.function_gone", { name: defaults.function })}
        </p>
      )}
      {command ? (
        <p class="function-help">{command.help}</p>
      ) : (
        <FunctionChooser
          functions={functions}
          chosen={fn}
          id={`${id}-function`}
          onChoose={choose}
        />
      )}
      {shown.map((field) => (
        <FieldRow
          key={`${fn.name}.${field.name}`}
          field={field}
          functionName={command ? "" : fn.name}
          id={`${id}-${field.name}`}
          value={draft[field.name] ?? ""}
          error={errors[field.name]}
          onChange={(value) => setDraft((before) => ({ ...before, [field.name]: value }))}
        >
          {field.preview && (
            <ThresholdPanel
              functionName={fn.name}
              field={field}
              node={request.node}
              draft={draft}
              inputId={`${id}-${field.name}`}
            />
          )}
        </FieldRow>
      ))}
      {elsewhere.map(([field, text]) => (
        <FieldError key={field} text={`${field}: ${text}`} />
      ))}
      {command?.would && (
        <Would name={fn.name} node={request.node} params={parseForm(fn, draft).params} />
      )}
      <div class="form-buttons">
        {!command && (
          <label class="remember" title={t("ui.remember_help")}>
            <input
              type="checkbox"
              name="remember"
              checked={remember}
              onChange={(event) => setRemember(event.currentTarget.checked)}
            />
            {t("ui.remember")}
          </label>
        )}
        {last?.params[fn.name] && (
          <button
            type="button"
            data-testid="reset-form"
            title={t("ui.reset_help")}
            onClick={() => fill(draftOf(fn, {}))}
          >
            {t("ui.reset")}
          </button>
        )}
        <button type="button" data-testid="close-form" onClick={onClose}>
          {t("ui.cancel")}
        </button>
        <button
          type="submit"
          class="primary"
          data-testid="run"
          disabled={busy || sending || fn.error !== null}
        >
          {t("ui.run")}
        </button>
      </div>
    </form>
  );
}

/** The popover of the small arrow, or of an action: parameters, default, Cancel and Run. */
export function FunctionForm() {
  const view = useView();
  const t = useT();
  const request = useLocal((state) => state.form);
  const all = useShared((state) => state.functions);
  if (!request) return null;
  const close = () => view.viewState.set({ form: null });
  const { node, anchor, command } = request;
  const functions = command ? [{ ...command, experimental: false }] : all;
  const label = command?.title ?? t("ui.parameters");
  return (
    <Popover key={`${node} ${command?.name}`} anchor={anchor} label={label} onClose={close}>
      {functions.length > 0 ? (
        <Form request={request} functions={functions} onClose={close} />
      ) : (
        <p class="function-help">{t("ui.no_functions")}</p>
      )}
    </Popover>
  );
}
