import type { ButtonHTMLAttributes } from "preact";
import { useT } from "./hooks";
import { Icon, type IconName } from "./icons";

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  /** Its name, and what is shown when the pointer rests on it. */
  label: string;
  /** What is shown in place of the label, where that does not say enough. */
  help?: string;
  /** The key that does the same, as readers call it. */
  keyName?: string;
  testId?: string;
  size?: number;
  small?: boolean;
}

/** Its children are words beside the icon. */
export function IconButton(props: IconButtonProps) {
  const { icon, label, help = label, keyName, testId, size, small, children, ...rest } = props;
  const t = useT();
  return (
    <button
      type="button"
      class={small ? "icon-button small" : "icon-button"}
      title={keyName ? t("ui.with_key", { label: help, key: keyName }) : help}
      aria-label={label}
      data-testid={testId}
      {...rest}
    >
      <Icon name={icon} size={size ?? (small ? 14 : 16)} />
      {children}
    </button>
  );
}
