const HUES = 8;

interface AvatarProps {
  /** Chooses the hue, too: one person has the same one everywhere. */
  readonly name: string;
  readonly size: 'small' | 'medium' | 'large';
}

/** A person's initial on a hue of their own. */
export function Avatar({ name, size }: AvatarProps) {
  const sum = [...name].reduce((total, char) => total + (char.codePointAt(0) ?? 0), 0);
  return (
    <span className={`avatar avatar-${size}`} data-hue={sum % HUES} aria-hidden="true">
      {[...name][0]?.toUpperCase() ?? '?'}
    </span>
  );
}
