import type { LucideIcon } from 'lucide-react';

interface Props {
  readonly icon: LucideIcon;
  /** What its colour goes by. */
  readonly standing: string;
  /** Default: the standing itself. */
  readonly word?: string;
}

/** Icon and word: never told by colour alone. */
export function StateMark({ icon: Icon, standing, word = standing }: Props) {
  return (
    <span className="state" data-standing={standing}>
      <Icon size={14} aria-hidden="true" />
      {word}
    </span>
  );
}
