import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./icons";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  /** Its name, and what is shown when the pointer rests on it. */
  label: string;
  size?: number;
  small?: boolean;
}

export function IconButton({ icon, label, size, small, ...rest }: Props) {
  return (
    <button
      type="button"
      class={small ? "icon-button small" : "icon-button"}
      title={label}
      aria-label={label}
      {...rest}
    >
      <Icon name={icon} size={size ?? (small ? 14 : 16)} />
    </button>
  );
}
