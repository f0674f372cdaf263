import { useShared, useT, useView } from "./hooks";
import { Icon } from "./icons";
import { pressTagKey, type Subject } from "./tagActions";

export function TagDot({ colour }: { colour: string | null }) {
  return <i class="tag-dot" style={{ background: colour ?? undefined }} />;
}

/** Which number key stamps which tag; a click does the same. */
export function TagKeys({ subject }: { subject?: Subject }) {
  const view = useView();
  const t = useT();
  const { keys } = useShared((state) => state.keys);
  const help = t("ui.tag_keys_help");
  if (keys.length === 0) return null;
  return (
    <div class="tag-keys" role="group" aria-label={t("ui.tag_keys")} data-testid="tag-keys">
      <span class="muted" title={help}>
        <Icon name="tag" size={14} />
      </span>
      {keys.map((bound) => {
        const { key, column, tag, colour } = bound;
        const label = t("ui.tag_key_of", { key, tag, column });
        return (
          <button
            key={key}
            class="tag-key"
            type="button"
            title={`${label}\n${help}`}
            aria-label={label}
            aria-keyshortcuts={key}
            onClick={() => pressTagKey(view, bound, subject)}
          >
            <kbd>{key}</kbd>
            <TagDot colour={colour} />
            <span class="tag-name">{tag}</span>
          </button>
        );
      })}
    </div>
  );
}
