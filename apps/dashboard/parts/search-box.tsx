import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';

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
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), TYPING_MS);
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
