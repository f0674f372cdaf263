import type { StampTarget } from "../tagging";
import { useView } from "./hooks";
import { IconButton } from "./IconButton";
import { openStamp } from "./tagActions";

/** Opens the form of tags; for what T would tag, unless a target is given. */
export function TagButton(props: { label: string; testId: string; target?: StampTarget }) {
  const view = useView();
  return (
    <IconButton
      icon="tag"
      small
      label={props.label}
      testId={props.testId}
      aria-haspopup="dialog"
      onClick={(event) => openStamp(view, event.currentTarget, props.target)}
    />
  );
}
