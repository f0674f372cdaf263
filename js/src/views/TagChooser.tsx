import { useState } from "../dom/hooks";
import { enteredIn } from "../events";
import { Combobox } from "./Combobox";
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
  const label = t("ui.tag_key", { tag });
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
        aria-label={label}
        title={label}
        value={bound?.key ?? ""}
        onChange={(event) => bind(enteredIn(event))}
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
  const [picked, setPicked] = useState(-1);
  const typed = text.trim();
  const known = found?.tags ?? [];
  const fresh = creates && typed && !known.some(({ tag }) => tag === typed);
  const offered = fresh ? [{ tag: typed, colour: null }, ...known] : known;
  const options = offered.filter(({ tag }) => !chosen.some((one) => one.tag === tag));
  const at = Math.min(picked, options.length - 1);
  return (
    <div class="field field-tags">
      <label for={id}>{t("ui.tags")}</label>
      {chosen.length > 0 && (
        <div class="tag-chips">
          {chosen.map((choice) => (
            <Chip key={choice.tag} {...props} choice={choice} />
          ))}
        </div>
      )}
      <Combobox
        id={id}
        input={{
          name: "tags",
          "aria-invalid": error ? true : undefined,
          "aria-describedby": `${id}-help`,
          value: text,
          onInput(event) {
            setPicked(-1);
            onChange(chosen, enteredIn(event));
          },
        }}
        options={options}
        at={at}
        listClass="tag-list"
        listLabel={t("ui.tags_found")}
        describe={({ tag, colour }, i) => ({
          key: tag,
          class: i === at ? "tag-option focused" : "tag-option",
          "data-testid": "tag-option",
          title: tag,
          children: [
            <TagDot key="dot" colour={colour} />,
            <span key="name" class="tag-name">
              {fresh && i === 0 ? t("ui.tag_create", { tag }) : tag}
            </span>,
          ],
        })}
        onMove={(to) => setPicked(Math.max(-1, Math.min(options.length - 1, to)))}
        onTake={(choice) => {
          setPicked(-1);
          onChange([...chosen, choice], "");
        }}
        onOtherKey={(key) => {
          if (key === "Backspace" && text === "") onChange(chosen.slice(0, -1), "");
        }}
      >
        <FieldError text={error} />
      </Combobox>
      <div class="field-help" id={`${id}-help`}>
        {found && found.total > known.length && !typed
          ? t("ui.tags_more", { shown: known.length, total: found.total })
          : t(found?.single ? "ui.tags_single" : "ui.tags_help")}
      </div>
    </div>
  );
}
