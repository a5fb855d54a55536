import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';

/** After the last key, milliseconds. */
const TYPING_MS = 250;

interface BoxProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder: string;
  /** For who does not see it. */
  readonly label: string;
}

/** A search that begins when typing ends. The key `/` comes here. */
export function SearchBox({ value, onChange, placeholder, label }: BoxProps) {
  const [text, setText] = useState(value);
  /** Searches that have not come back as the value yet, oldest first. */
  const sent = useRef<readonly string[]>([]);
  useEffect(() => {
    const at = sent.current.indexOf(value);
    sent.current = at === -1 ? [] : sent.current.slice(at + 1);
    // Where it is one of its own that comes back, more may have been typed since, if only a space.
    if (at === -1) setText(value);
  }, [value]);
  useEffect(() => {
    const search = text.trim();
    if (search === value) return;
    const timer = setTimeout(() => {
      sent.current = [...sent.current, search];
      onChange(search);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="search">
      <Search size={14} aria-hidden="true" />
      <input
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        placeholder={placeholder}
        aria-label={label}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
