import { useEffect, useState } from "preact/hooks";
import { FieldError } from "./FieldError";
import { useShared, useT, useView } from "./hooks";
import { IconButton } from "./IconButton";
import { TagDot } from "./TagKeys";

export interface TagChoice {
  tag: string;
  colour: string | null;
}

export interface TagsFound {
  columns: string[];
  tags: TagChoice[];
  /** Of the column, found or not. */
  total: number;
  /** A cell of the column holds one tag. */
  single: boolean;
}

interface Props {
  id: string;
  column: string;
  found: TagsFound | null;
  /** Tags that are not there can be made. */
  creates: boolean;
  chosen: TagChoice[];
  text: string;
  error: string | undefined;
  onChange(chosen: TagChoice[], text: string): void;
  onError(problem: unknown): void;
}

/** A tag that was chosen, its number key, and the way out. */
function Chip({ choice, ...props }: Props & { choice: TagChoice }) {
  const { id, column, chosen, text, onChange, onError } = props;
  const { tag } = choice;
  const { session } = useView();
  const t = useT();
  const { keys } = useShared((state) => state.keys);
  const bound = keys.find((one) => one.column === column && one.tag === tag);
  const bind = (key: string): void => {
    session.rpc.request("key", { key: Number(key) || null, column, tag }).catch(onError);
  };
  return (
    <span class="tag-chip" data-testid="tag-chip">
      <TagDot colour={choice.colour} />
      <span class="tag-name" title={tag}>
        {tag}
      </span>
      <select
        name="key"
        aria-label={t("ui.tag_key", { tag })}
        title={t("ui.tag_key", { tag })}
        value={bound?.key ?? ""}
        onChange={(event) => bind(event.currentTarget.value)}
      >
        <option value="">{t("ui.tag_key_none")}</option>
        {[..."123456789"].map((key) => (
          <option key={key}>{key}</option>
        ))}
      </select>
      <IconButton
        icon="close"
        small
        size={10}
        label={t("ui.tag_drop", { tag })}
        onClick={() => {
          document.getElementById(id)?.focus();
          onChange(
            chosen.filter((one) => one.tag !== tag),
            text,
          );
        }}
      />
    </span>
  );
}

/** Chooses tags: those that hold what is typed stand below, and a new one is made in place. */
export function TagChooser(props: Props) {
  const { id, found, creates, chosen, text, error, onChange } = props;
  const t = useT();
  const [at, setAt] = useState(-1);
  const typed = text.trim();
  const known = found?.tags ?? [];
  const fresh = creates && typed && !known.some(({ tag }) => tag === typed);
  const taken = new Set(chosen.map(({ tag }) => tag));
  const options = [...(fresh ? [{ tag: typed, colour: null }] : []), ...known].filter(
    ({ tag }) => !taken.has(tag),
  );
  const choose = (choice: TagChoice | undefined): void => {
    if (choice) onChange([...chosen, choice], "");
    setAt(-1);
  };
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [id, at]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt(Math.max(-1, Math.min(options.length - 1, at + step)));
    else if (event.key === "Enter" && at >= 0) choose(options[at]);
    else if (event.key === "Backspace" && text === "") onChange(chosen.slice(0, -1), "");
    else return;
    if (event.key !== "Backspace") event.preventDefault();
  };
  return (
    <div class="field field-tags">
      <label for={id}>{t("ui.tags")}</label>
      {chosen.length > 0 ? (
        <div class="tag-chips">
          {chosen.map((choice) => (
            <Chip key={choice.tag} {...props} choice={choice} />
          ))}
        </div>
      ) : null}
      <input
        id={id}
        name="tags"
        type="text"
        dir="auto"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-help`}
        value={text}
        onInput={(event) => {
          setAt(-1);
          onChange(chosen, event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <FieldError text={error} />
      <div
        class="tag-list"
        onMouseDown={(event) => event.preventDefault() /* the focus stays where one types */}
        id={`${id}-list`}
        role="listbox"
        aria-label={t("ui.tags_found")}
      >
        {options.map(({ tag, colour }, i) => (
          <div
            key={tag}
            id={`${id}-${i}`}
            class={i === at ? "tag-option focused" : "tag-option"}
            role="option"
            aria-selected={i === at}
            data-testid="tag-option"
            title={tag}
            onClick={() => choose(options[i])}
          >
            <TagDot colour={colour} />
            <span class="tag-name">{fresh && i === 0 ? t("ui.tag_create", { tag }) : tag}</span>
          </div>
        ))}
      </div>
      <div class="field-help" id={`${id}-help`}>
        {found && found.total > known.length && !typed
          ? t("ui.tags_more", { shown: known.length, total: found.total })
          : t(found?.single ? "ui.tags_single" : "ui.tags_help")}
      </div>
    </div>
  );
}
