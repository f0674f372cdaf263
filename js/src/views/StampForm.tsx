import type { AriaAttributes } from "preact";
import { useEffect, useState } from "../dom/hooks";
import { enteredIn } from "../events";
import { nodeName } from "../names";
import { RequestError } from "../rpc";
import type { StampRequest } from "../tagging";
import { FieldError } from "./FieldError";
import { useLocal, useShared, useT, useView } from "./hooks";
import { Popover } from "./Popover";
import { type TagChoice, TagChooser, type TagsFound } from "./TagChooser";

const MODES = ["add", "set", "remove", "erase"];
/** What a first property is called until the reader says otherwise. */
const FIRST_NAME = "tags";

/** The tags of a column that hold a text, as they come; an answer for another text is dropped. */
function useTags(column: string, text: string, onError: (problem: unknown) => void) {
  const { session } = useView();
  const version = useShared((state) => state.keys.version);
  const [found, setFound] = useState<TagsFound | null>(null);
  useEffect(() => {
    let current = true;
    session.rpc.request<TagsFound>("tags", { column, text }).then(
      ({ result }) => current && setFound(result),
      (problem) => current && onError(problem),
    );
    return () => {
      current = false;
    };
  }, [session, column, text, version]);
  return found;
}

function useTitle({ target }: StampRequest): string {
  const t = useT();
  const n = useShared((state) => state.selected.count);
  const node = useShared((state) => state.tree.byId.get(target.node ?? -1));
  if (node) return t("ui.stamp_cluster", { name: nodeName(t, node) });
  return target.row === undefined ? t("ui.stamp_selected", { n }) : t("ui.stamp_image");
}

interface ChoiceProps extends AriaAttributes {
  id: string;
  label: string;
  name: string;
  value: string;
  /** Value and text of each. */
  options: string[][];
  onChoose(value: string): void;
}

function Choice({ id, label, options, onChoose, ...rest }: ChoiceProps) {
  return (
    <>
      <label for={id}>{label}</label>
      <select id={id} {...rest} onChange={(event) => onChoose(enteredIn(event))}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </>
  );
}

function Form({ request, onClose }: { request: StampRequest; onClose(): void }) {
  const view = useView();
  const t = useT();
  const last = view.session.sharedState.get().keys.column;
  // What stood in the table before is never the first choice: tags would mix with its values.
  const [wanted, setColumn] = useState(last ?? FIRST_NAME);
  const [name, setName] = useState(FIRST_NAME);
  const [mode, setMode] = useState("add");
  const [chosen, setChosen] = useState<TagChoice[]>([]);
  const [text, setText] = useState("");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [sending, setSending] = useState(false);

  const onError = (problem: unknown): void => {
    const field = problem instanceof RequestError ? Object.keys(problem.error.fields)[0] : null;
    setErrors({ [field ?? "column"]: view.errorText(problem) });
  };
  const found = useTags(wanted, text, onError);
  const columns = found?.columns ?? (last ? [last] : []);
  const listed = columns.includes(wanted);
  const column = listed ? wanted : name;

  const submit = async (): Promise<void> => {
    const given = [...chosen.map(({ tag }) => tag), text.trim()].filter(Boolean);
    const tags = mode === "erase" ? [] : given;
    setErrors({});
    setSending(true);
    try {
      const asked = { column, tags, mode, ...request.target };
      const { result } = await view.session.rpc.request<{ pending?: boolean }>("stamp", asked);
      onClose();
      if (result.pending) view.say("info", t("ui.stamp_pending"));
    } catch (problem) {
      setSending(false);
      onError(problem);
    }
  };

  const id = `${view.uid}-stamp`;
  return (
    <form
      class="function-form stamp-form"
      data-testid="stamp"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending) void submit();
      }}
    >
      <div class="form-title">{useTitle(request)}</div>
      <div class="stamp-row">
        <Choice
          id={`${id}-column`}
          label={t("ui.stamp_column")}
          name="column"
          value={listed ? wanted : ""}
          options={[...columns.map((one) => [one, one]), ["", t("ui.stamp_new_column")]]}
          onChoose={(value) => {
            setColumn(value);
            setChosen([]);
            setErrors({});
          }}
        />
        {!listed && (
          <input
            type="text"
            name="new-column"
            dir="auto"
            aria-label={t("ui.stamp_column_name")}
            aria-invalid={errors.column ? true : undefined}
            value={name}
            onInput={(event) => setName(enteredIn(event))}
          />
        )}
        <FieldError text={errors.column} />
        <Choice
          id={`${id}-mode`}
          label={t("ui.stamp_mode")}
          name="mode"
          value={mode}
          options={MODES.map((one) => [one, t(`ui.mode_${one}`)])}
          aria-describedby={`${id}-help`}
          onChoose={setMode}
        />
        <p class="function-help" id={`${id}-help`}>
          {t(`ui.mode_${mode}_help`)}
        </p>
      </div>
      {mode !== "erase" && (
        <TagChooser
          id={`${id}-tags`}
          column={column}
          found={found}
          creates={mode !== "remove"}
          chosen={chosen}
          text={text}
          error={errors.tags}
          onChange={(tags, typed) => {
            setChosen(tags);
            setText(typed);
            setErrors({});
          }}
          onError={onError}
        />
      )}
      <div class="form-buttons">
        <button type="button" onClick={onClose}>
          {t("ui.cancel")}
        </button>
        <button type="submit" class="primary" data-testid="apply" disabled={sending}>
          {t("ui.apply")}
        </button>
      </div>
    </form>
  );
}

/** Gives tags to images, or takes them away: property, mode, tags, Cancel and Apply. */
export function StampForm() {
  const view = useView();
  const t = useT();
  const request = useLocal((state) => state.stamp);
  if (!request) return null;
  const close = (): void => view.viewState.set({ stamp: null });
  return (
    <Popover anchor={request.anchor} label={t("ui.stamp")} onClose={close}>
      <Form request={request} onClose={close} />
    </Popover>
  );
}
